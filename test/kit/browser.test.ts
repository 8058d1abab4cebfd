import { expect, test } from 'vitest'
import { browserOpener, openInBrowser } from '../../src/kit/browser.ts'

test.each([
  ['linux', { DISPLAY: ':0' }, 'xdg-open'],
  ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, 'xdg-open'],
  ['linux', {}, undefined],
  ['linux', { DISPLAY: '' }, undefined],
  ['darwin', {}, 'open'],
  ['darwin', { SSH_CONNECTION: '10.0.0.1 22' }, undefined],
])('on %s with %j it is %s', (system, environment, opener) => {
  expect(browserOpener(system, environment)).toBe(opener)
})

test('nothing but a web address is opened', async () => {
  expect(await openInBrowser('file:///etc/passwd', { DISPLAY: ':0' })).toBe(false)
})
