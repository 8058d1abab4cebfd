import { describe, expect, it } from 'vitest'
import { defaultsFor, defaultStateDirectory } from '../../src/config/defaults.ts'
import { loadConfig, type Sources } from '../../src/config/load.ts'
import { environmentName, options, type OptionName } from '../../src/config/options.ts'
import { thrownBy } from '../support/failures.ts'

interface Given {
  readonly yaml?: string
  readonly flags?: Sources['flags']
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly uid?: number
}

const load = ({ yaml, flags = {}, environment = {}, uid = 0 }: Given) =>
  loadConfig({
    ...(yaml === undefined ? {} : { file: { path: '/etc/chaton.yaml', text: yaml } }),
    flags,
    surroundings: { uid, homeDirectory: '/home/zoe', environment },
  })

function problemsOf(given: Given): readonly string[] {
  const error = thrownBy(() => load(given))
  expect(error).toMatchObject({ code: 'bad-input', message: expect.stringMatching(/^the configuration is not valid:\n/) })
  return error.data['problems'] as string[]
}

describe('precedence', () => {
  const yaml = 'log: { level: info }\ndomain: file.example'
  const environment = { CHATON_LOG_LEVEL: 'debug', CHATON_DOMAIN: 'environment.example' }

  it('is flags, environment, file, defaults', () => {
    expect(load({}).logLevel).toBe('warn')
    expect(load({ yaml }).logLevel).toBe('info')
    expect(load({ yaml, environment }).logLevel).toBe('debug')
    expect(load({ yaml, environment, flags: { logLevel: 'error' } })).toMatchObject({ logLevel: 'error', domain: 'environment.example' })
    expect(load({ yaml, environment: { CHATON_LOG_LEVEL: undefined }, flags: { logLevel: undefined } }).logLevel).toBe('info')
  })

  it('holds for every option', () => {
    const samples: Partial<Record<OptionName, readonly [string, unknown]>> = {
      engine: ['host', 'host'],
      domain: ['chatons.example', 'chatons.example'],
      webMode: ['public', 'public'],
      webFirstPort: ['30000', 30_000],
      volumesKind: ['btrfs', 'btrfs'],
      databaseKind: ['sqlite', 'sqlite'],
      databasePort: ['5433', 5433],
      redis: ['off', 'off'],
      supervisor: ['own', 'own'],
      overCommit: ['2.5', 2.5],
      backupKeepDays: ['7', 7],
      golden: ['no', false],
      logLevel: ['info', 'info'],
      mailUrl: ['smtps://mail.example.org', 'smtps://mail.example.org'],
      collaboraUrl: ['https://office.example.org', 'https://office.example.org'],
      onlyofficeUrl: ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
      releaseDefault: ['32.0.1', '32.0.1'],
    }
    for (const [name, option] of Object.entries(options) as [OptionName, (typeof options)[OptionName]][]) {
      const [text, value] = samples[name] ?? ['/some/where', '/some/where']
      expect(load({ environment: { [environmentName(option.key)]: text } })[name]).toEqual(value)
      expect(load({ yaml: `${option.key.split('.').map((part) => `{ ${part}: `).join('')}${JSON.stringify(value)}${' }'.repeat(option.key.split('.').length)}` })[name]).toEqual(value)
      expect(load({ flags: { [name]: text } })[name]).toEqual(value)
    }
  })

  it('lets paths follow the state directory, unless given', () => {
    expect(load({ flags: { stateDirectory: '/srv/chaton' } })).toMatchObject({
      volumesDirectory: '/srv/chaton/volumes',
      backupDirectory: '/srv/chaton/backups',
    })
    expect(load({ flags: { stateDirectory: '/srv/chaton' }, yaml: 'backups: { directory: /mnt/b }' }).backupDirectory).toBe('/mnt/b')
  })
})

describe('defaults', () => {
  it('pass their own schemas', () => {
    const defaults = defaultsFor('/var/lib/chaton')
    for (const [name, { schema }] of Object.entries(options)) expect(schema.safeParse(defaults[name as OptionName]).error).toBeUndefined()
    expect(Object.keys(defaults).sort()).toEqual(Object.keys(options).sort())
  })

  it('keep the state of root and of a person apart', () => {
    const person = { uid: 1000, homeDirectory: '/home/zoe' }

    expect(defaultStateDirectory({ uid: 0, homeDirectory: '/root', environment: { XDG_STATE_HOME: '/x' } })).toBe('/var/lib/chaton')
    expect(defaultStateDirectory({ ...person, environment: {} })).toBe('/home/zoe/.local/state/chaton')
    expect(defaultStateDirectory({ ...person, environment: { XDG_STATE_HOME: '/x' } })).toBe('/x/chaton')
    expect(defaultStateDirectory({ ...person, environment: { XDG_STATE_HOME: 'relative' } })).toBe('/home/zoe/.local/state/chaton')
  })
})

describe('the file', () => {
  it.each(['', '# nothing\n', '---\n', 'mail:\n  # url: smtp://x\n', 'web: {}\nmail:\n'])('may be empty, or have empty sections: %j', (yaml) => {
    expect(load({ yaml })).toEqual(load({}))
  })

  it.each([
    ['an unknown setting', 'domian: x.example', '/etc/chaton.yaml: unknown setting "domian"; did you mean "domain"?'],
    ['an unknown setting of a section', 'web: { firstPrt: 1 }', '/etc/chaton.yaml: unknown setting "web.firstPrt"; did you mean "web.firstPort"?'],
    ['an unknown setting near none', 'colour: red', '/etc/chaton.yaml: unknown setting "colour"'],
    ['a section as a value', 'web: public', '/etc/chaton.yaml: unknown setting "web"'],
    ['a list', '- a', '/etc/chaton.yaml: expected settings such as "domain: example.org", found ["a"]'],
    ['a word', 'hello', '/etc/chaton.yaml: expected settings such as "domain: example.org", found "hello"'],
    ['broken YAML', 'domain: "x', '/etc/chaton.yaml: '],
    ['a setting twice', 'domain: a\ndomain: b', '/etc/chaton.yaml: Map keys must be unique'],
  ])('is refused with %s', (_, yaml, expected) => {
    expect(problemsOf({ yaml })[0]?.startsWith(expected)).toBe(true)
  })
})

describe('bad values', () => {
  it.each([
    [{ yaml: 'engine: kubernetes' }, /^\/etc\/chaton\.yaml: engine: "kubernetes" is not allowed; allowed: sandbox, host$/],
    [{ environment: { CHATON_WEB_FIRST_PORT: 'abc' } }, /^environment variable CHATON_WEB_FIRST_PORT: "abc" is not a number$/],
    [{ environment: { CHATON_BACKUPS_KEEP_DAYS: '' } }, /^environment variable CHATON_BACKUPS_KEEP_DAYS: is empty$/],
    [{ yaml: 'web: { firstPort: true }' }, /firstPort: true is not a number$/],
    [{ yaml: 'web: { firstPort: 70000 }' }, /firstPort: 70000 is too large; at most 65535$/],
    [{ yaml: 'backups: { keepDays: 1.5 }' }, /keepDays: 1.5 is not a whole number$/],
    [{ yaml: 'domain:' }, /domain: is empty$/],
    [{ flags: { stateDirectory: 'relative' } }, /^--state-directory: "relative" is not an absolute path$/],
    [{ yaml: 'golden: perhaps' }, /golden: "perhaps" is not yes or no$/],
    [{ yaml: 'office: { collaboraUrl: office.example.org }' }, /"office.example.org" is not an address that begins with https:\/\//],
    [{ yaml: 'mail: { url: mail.example.org }' }, /expected an address such as smtp:\/\/mail\.example\.org:587/],
    [{ yaml: 'mail: { url: "http://mail.example.org" }' }, /expected an address such as smtp:/],
    [{ yaml: 'domain: https://Collectifs.Example.org/' }, /domain: "https:\/\/Collectifs\.Example\.org\/" is not a full domain name .*; for example collectifs\.example\.org$/],
    [{ yaml: 'releases: { default: newest }' }, /a Nextcloud release such as "32\.0\.1"/],
  ])('%j is refused with place, value and what is allowed', (given, message) => {
    expect(problemsOf(given)).toEqual([expect.stringMatching(message)])
  })

  it('are told all at once', () => {
    expect(problemsOf({ yaml: 'engine: x\nredis: maybe', environment: { CHATON_DATABASE_PORT: '0' } })).toHaveLength(3)
  })

  it('never show a password that stands in an address', () => {
    const [problem] = problemsOf({ yaml: 'mail: { url: "smtp://chaton:opensesame@mail.example.org" }' })

    expect(problem).toContain('--mail-password-file')
    expect(problem).not.toContain('opensesame')
  })
})

it('environmentName writes dots and capitals as underscores', () => {
  expect(environmentName('web.firstPort')).toBe('CHATON_WEB_FIRST_PORT')
  const all = Object.values(options).map(({ key }) => environmentName(key))
  expect(new Set(all).size).toBe(all.length)
})
