import { spawn } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { formsOf, leaksIn, watchProcesses } from './leaks.ts'

/** The tests on secrets are worth what these find. */

const secret = { name: 'mail password', value: 'Été/"&+ mot-de-passe', user: 'chaton' }

describe('a planted secret is found', () => {
  test.each([
    ['as it is', (value: string) => `x${value}x`],
    ['in an address', (value: string) => `https://h/?p=${encodeURIComponent(value)}&q=1`],
    ['in a form', (value: string) => new URLSearchParams({ password: value }).toString()],
    ['in JSON', (value: string) => JSON.stringify({ password: value })],
    ['in base64 at any place', (value: string) => ['', 'a', 'ab'].map((before) => Buffer.from(`${before}${value}${before}`).toString('base64')).join('\n')],
    ['in base64url', (value: string) => Buffer.from(`ab${value}!`).toString('base64url')],
    ['as basic sign-in', (value: string) => `authorization: Basic ${Buffer.from(`chaton:${value}`).toString('base64')}`],
    ['in hexadecimal', (value: string) => Buffer.from(value).toString('hex')],
    ['in PHP', (value: string) => `'mail_smtppassword' => '${value}',`],
  ])('%s', (_, plant) => {
    expect(leaksIn([{ where: 'here', content: plant(secret.value) }], [secret])).not.toEqual([])
  })

  test('at each of the three places in base64', () => {
    for (const before of ['', 'a', 'ab']) {
      const content = Buffer.from(`${before}${secret.value}z`).toString('base64')
      expect(leaksIn([{ where: before, content }], [{ name: 'x', value: secret.value }])).not.toEqual([])
    }
  })

  test('in the environment and in the command line of a process', async () => {
    const watch = watchProcesses()
    const child = spawn('sleep', ['0.3'], { env: { PATH: process.env['PATH'], HIDDEN: 'in-the-environment-42' }, argv0: 'sleep-in-the-arguments-43' })
    await new Promise((done) => child.once('close', done))
    const evidence = await watch.stop()

    expect(leaksIn(evidence, [{ name: 'e', value: 'in-the-environment-42' }])).not.toEqual([])
    expect(leaksIn(evidence, [{ name: 'a', value: 'in-the-arguments-43' }])).not.toEqual([])
  })
})

test('nothing is found where nothing is', () => {
  expect(leaksIn([{ where: 'here', content: 'Ete mot de passe' }], [secret])).toEqual([])
  for (const form of formsOf(secret).values()) expect(form.length).toBeGreaterThan(8)
})
