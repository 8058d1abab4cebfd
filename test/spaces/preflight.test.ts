import { describe, expect, test } from 'vitest'
import { targetOf } from '../../src/spaces/desired.ts'
import { judgeDomain, refuseOnErrors } from '../../src/spaces/preflight.ts'
import { aPlan, aSpace } from '../support/builders.ts'

const target = targetOf({ space: aSpace({ spec: { domain: 'nuage.jardin.example' } }), plan: aPlan(), config: { domain: 'chatons.example', releaseDefault: '' }, releases: ['32.0.1'] })

describe('does the domain lead here', () => {
  const here = ['192.0.2.7']

  test('on loopback nobody asks', () => {
    expect(judgeDomain(target, 'loopback', { resolved: [], here })).toEqual([])
  })

  test('one of several addresses suffices', () => {
    expect(judgeDomain(target, 'public', { resolved: ['2001:db8::1', '192.0.2.7'], here })).toEqual([])
  })

  test('a domain that does not resolve stops a public space and says which record to make', () => {
    expect(judgeDomain(target, 'public', { resolved: [], here })).toMatchObject([{ code: 'domain-unresolved', severity: 'error', fix: expect.stringContaining('nuage.jardin.example') }])
  })

  test('a domain that leads elsewhere names where', () => {
    expect(judgeDomain(target, 'public', { resolved: ['198.51.100.1'], here })).toMatchObject([{ code: 'domain-elsewhere', message: expect.stringContaining('198.51.100.1') }])
  })

  test('with an own authority it is a warning', () => {
    expect(judgeDomain(target, 'internal', { resolved: [], here })).toMatchObject([{ severity: 'warning' }])
  })
})

describe('findings that stop', () => {
  test('warnings do not', () => {
    expect(() => refuseOnErrors([{ code: 'x', severity: 'warning', message: 'm' }])).not.toThrow()
  })

  test('all errors come at once, with every fix', () => {
    const errors = [
      { code: 'php-missing', severity: 'error' as const, message: 'no PHP', fix: 'apt install php' },
      { code: 'caddy-missing', severity: 'error' as const, message: 'no Caddy', fix: 'apt install caddy' },
    ]

    expect(() => refuseOnErrors(errors)).toThrow(
      expect.objectContaining({ code: 'machine-not-ready', message: 'no PHP\n  no Caddy', next: ['apt install php', 'apt install caddy'] }),
    )
  })

  test.each([
    ['domain-unresolved', 'bad-input'],
    ['release-missing', 'bad-input'],
    ['bad-office', 'bad-input'],
    ['no-room-disk', 'no-room'],
    ['php-missing', 'machine-not-ready'],
  ])('%s ends with %s', (code, expected) => {
    expect(() => refuseOnErrors([{ code, severity: 'error', message: 'm' }])).toThrow(expect.objectContaining({ code: expected }))
  })
})
