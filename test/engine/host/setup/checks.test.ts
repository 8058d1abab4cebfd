import { describe, expect, test } from 'vitest'
import { defaultsFor } from '../../../../src/config/defaults.ts'
import type { Config } from '../../../../src/config/options.ts'
import type { Finding } from '../../../../src/engine/contract.ts'
import { checks } from '../../../../src/engine/host/setup/checks.ts'
import { phpModules } from '../../../../src/engine/host/setup/debian.ts'
import type { DoctorFacts, HostFacts } from '../../../../src/engine/host/setup/doctor-facts.ts'

const modules = Object.keys(phpModules)
const release: HostFacts['releases'][number] = { version: '32.0.1', path: '/releases/32.0.1', complete: true, notes: [], sizeBytes: 1, php: { from: 80_100, below: 80_500 } }
const room = { kind: 'btrfs', promisedBytes: 1e9, usedBytes: 1e9, physicalBytes: 100e9 }

/** A machine that wants for nothing. */
const goodHost: HostFacts = {
  root: true,
  systemd: true,
  cgroup2: true,
  php: { version: '8.2', modules },
  redisServer: true,
  releases: [release],
  room,
  clockSynchronised: true,
  reported: [],
}
const good: DoctorFacts = {
  node: '24.1.0',
  now: new Date('2026-11-24T00:00:00Z'),
  stateMode: 0o711,
  secretFiles: [{ path: '/state/secrets.key', mode: 0o600 }],
  mail: 'works',
  host: goodHost,
}
const config = (more: Partial<Config> = {}): Config => ({ ...defaultsFor('/state'), engine: 'host', ...more })

interface Change {
  readonly facts?: Partial<DoctorFacts>
  readonly host?: Partial<HostFacts>
  readonly config?: Partial<Config>
}
const check = ({ facts, host, config: settings }: Change = {}): Finding[] => checks(config(settings), { ...good, host: { ...goodHost, ...host }, ...facts })
const codes = (change?: Change): string[] => check(change).map(({ code }) => code)

test('a machine that wants for nothing is told its room, and nothing else', () => {
  expect(codes()).toEqual(['disk-room'])
})

/** What differs from the good machine, and the one finding that this makes. */
const cases: readonly (readonly [title: string, change: Change, expected: Partial<Finding>])[] = [
  ['an old Node', { facts: { node: '22.17.9' } }, { code: 'node-old', severity: 'error', message: expect.stringContaining('22.17.9') as string }],
  ['a clock that is years behind', { facts: { now: new Date('1970-01-01T00:00:05Z') } }, { code: 'clock-wrong', severity: 'error' }],
  ['a key that others can read', { facts: { secretFiles: [{ path: '/state/secrets.key', mode: 0o640 }] } }, { code: 'secrets-readable', severity: 'error', fix: 'chmod 0600 /state/secrets.key' }],
  ['no mail server', { facts: { mail: 'none' } }, { code: 'mail-none', severity: 'warning' }],
  ['a mail server that refuses', { facts: { mail: { message: 'it refuses', next: ['ask it', 'again'] } } }, { code: 'mail-fails', severity: 'error', message: 'it refuses', fix: 'ask it; again' }],
  ['a state directory that spaces cannot pass through', { facts: { stateMode: 0o700 } }, { code: 'state-closed', severity: 'error', fix: 'chmod 0711 /state' }],
  ['no root', { host: { root: false } }, { code: 'not-root', severity: 'error', fix: expect.stringContaining('sudo') as string }],
  ['systemd asked for and not there', { host: { systemd: false }, config: { supervisor: 'systemd' } }, { code: 'systemd-missing', severity: 'error' }],
  ['no systemd', { host: { systemd: false } }, { code: 'supervisor-own', severity: 'info' }],
  ['systemd without control groups v2', { host: { cgroup2: false } }, { code: 'cgroup-old', severity: 'warning' }],
  ['a clock that nothing keeps', { host: { clockSynchronised: false } }, { code: 'clock-drifts', severity: 'warning' }],
  ['no PHP', { host: { php: { message: 'no PHP-FPM', next: ['apt-get install php-fpm'] } } }, { code: 'php-missing', severity: 'error', fix: 'apt-get install php-fpm' }],
  ['no release', { host: { releases: [] } }, { code: 'release-none', severity: 'error', fix: 'chaton release add 34.0.1' }],
  ['no release, and one is the default', { host: { releases: [] }, config: { releaseDefault: '32.0.1' } }, { code: 'release-none', severity: 'error', fix: 'chaton release add 32.0.1' }],
  ['a default release that is not there', { config: { releaseDefault: '33.0.0' } }, { code: 'release-default', severity: 'error', fix: 'chaton release add 33.0.0' }],
  ['a release for a newer PHP', { host: { releases: [{ ...release, php: { from: 80_300, below: 80_600 } }] } }, { code: 'release-php', severity: 'warning', message: 'Nextcloud 32.0.1 does not run on PHP 8.2: it needs 8.3 up to, and without, 8.6' }],
  ['a release for an older PHP', { host: { releases: [{ ...release, php: { from: 80_000, below: 80_200 } }] } }, { code: 'release-php', severity: 'warning' }],
  ['a release with notes', { host: { releases: [{ ...release, notes: ['blank avatars', 'a data directory'] }] } }, { code: 'release-note', severity: 'warning', message: 'Nextcloud 32.0.1: blank avatars; a data directory' }],
  ['a release that is not whole', { host: { releases: [{ ...release, complete: false, notes: ['incomplete'] }] } }, { code: 'release-note', severity: 'error' }],
  ['no Redis', { host: { redisServer: false } }, { code: 'redis-missing', severity: 'info' }],
  ['no Redis, and it is asked for', { host: { redisServer: false }, config: { redis: 'on' } }, { code: 'redis-missing', severity: 'error' }],
]

describe.each(cases)('%s', (_title, change, expected) => {
  test(`is found once: ${expected.code ?? ''}`, () => {
    const found = check(change).filter(({ code }) => code !== 'disk-room')
    expect(found).toEqual([expect.objectContaining(expected)])
  })
})

describe('nothing is found', () => {
  test.each<[string, Change]>([
    ['the oldest Node that is enough', { facts: { node: '22.18.0' } }],
    ['a later major of Node', { facts: { node: '25.0.0' } }],
    ['a state directory that is not there yet', { facts: { stateMode: undefined, secretFiles: [] } }],
    ['a machine that does not say whether its clock is kept', { host: { clockSynchronised: undefined } }],
    ['old control groups without systemd, whose supervisor does not use them', { host: { systemd: false, cgroup2: false }, config: { supervisor: 'own' } }],
    ['a release that does not say which PHP it wants', { host: { releases: [{ ...release, php: undefined }] } }],
    ['a release on the first patch of its oldest PHP', { host: { releases: [{ ...release, php: { from: 80_200, below: 80_500 } }] } }],
    ['no Redis where it is off', { host: { redisServer: false }, config: { redis: 'off' } }],
    ['the names of PHP modules in another case', { host: { php: { version: '8.2', modules: modules.map((name) => name.toUpperCase()) } } }],
  ])('%s', (_title, change) => {
    expect(codes(change).filter((code) => code !== 'disk-room' && code !== 'supervisor-own')).toEqual([])
  })
})

describe('PHP modules', () => {
  test('all that are missing come as one finding, each Debian package once', () => {
    const lacking = modules.filter((name) => !['dom', 'xmlreader', 'gmp'].includes(name))
    const [finding] = check({ host: { php: { version: '8.4', modules: lacking }, releases: [] } })

    expect(finding).toMatchObject({ code: 'php-modules', severity: 'error', message: expect.stringMatching(/PHP 8\.4 .*: dom, xmlreader, gmp$/), fix: expect.stringMatching(/^apt-get install php8\.4-xml php8\.4-gmp;/) })
  })

  test('each single module of the list is missed', () => {
    for (const name of modules) {
      expect(codes({ host: { php: { version: '8.2', modules: modules.filter((other) => other !== name) } } })).toContain('php-modules')
    }
  })
})

describe('room', () => {
  const roomCase = (more: Partial<typeof room>): Finding | undefined => check({ host: { room: { ...room, ...more } } }).at(-1)

  test('promised, used and physical are always told', () => {
    expect(roomCase({})).toMatchObject({ code: 'disk-room', severity: 'info', message: 'room for pools: promised 1 GB, used 1 GB, physical 100 GB (volumes: btrfs)' })
  })

  test('promising up to what the settings allow is fine, more is not', () => {
    expect(roomCase({ promisedBytes: 150e9 })?.code).toBe('disk-room')
    expect(roomCase({ promisedBytes: 150e9 + 1 })).toMatchObject({ code: 'disk-promised', severity: 'warning', message: expect.stringContaining('promised 150 GB, used 1 GB, physical 100 GB') })
  })

  test('a disk that is nearly full is an error, whatever was promised', () => {
    expect(roomCase({ usedBytes: 90e9 })?.code).toBe('disk-room')
    expect(roomCase({ usedBytes: 90e9 + 1, promisedBytes: 500e9 })).toMatchObject({ code: 'disk-full', severity: 'error' })
  })

  test('a disk that cannot be asked says nothing', () => {
    expect(codes({ host: { room: undefined } })).toEqual([])
  })
})

describe('what the parts report', () => {
  const trouble: Finding = { code: 'database-unreachable', severity: 'error', message: 'no answer', fix: 'start it' }

  test('is passed on, and what two parts met is told once', () => {
    const reported = [trouble, { ...trouble, code: 'leftovers-unknown' }, { code: 'leftover-volume', severity: 'warning' as const, message: 'volume "x" belongs to no space' }]
    expect(codes({ host: { reported } })).toEqual(['disk-room', 'database-unreachable', 'leftover-volume'])
  })
})

describe('where spaces are sandboxes', () => {
  const sandbox = (facts: Partial<DoctorFacts> = {}): Finding[] => checks(config({ engine: 'sandbox' }), { ...good, stateMode: 0o700, host: undefined, ...facts })

  test('the machine is not asked for what only real spaces need, and it says so', () => {
    expect(sandbox()).toMatchObject([{ code: 'engine-sandbox', severity: 'info', fix: expect.stringContaining('chaton host setup') }])
  })

  test('Node, clock, secrets and mail are asked all the same', () => {
    const facts = { node: '20.0.0', now: new Date(0), secretFiles: [{ path: '/k', mode: 0o644 }], mail: 'none' as const }
    expect(sandbox(facts).map(({ code }) => code)).toEqual(['node-old', 'clock-wrong', 'secrets-readable', 'mail-none', 'engine-sandbox'])
  })
})

test('every error and warning says what mends it', () => {
  const all = cases.flatMap(([, change]) => check(change)).filter(({ severity }) => severity !== 'info')
  expect(all.filter(({ fix }) => fix === undefined || fix === '')).toEqual([])
})
