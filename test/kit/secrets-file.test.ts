import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, copyFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mask } from '../../src/kit/mask.ts'
import { openSecretFile } from '../../src/kit/secrets-file.ts'
import type { SecretStore } from '../../src/kit/secrets.ts'
import { failureOf } from '../support/failures.ts'

const program = join(import.meta.dirname, 'secret-writer.ts')
const value = 'Zfp8-éà-"quoted"/slashed+value'
let directory: string
let keyFile: string
let secretsFile: string
let secrets: SecretStore

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chaton secrets-'))
  keyFile = join(directory, 'secrets.key')
  secretsFile = join(directory, 'secrets.enc')
  secrets = openSecretFile({ directory })
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

describe('values', () => {
  it('come back, also for another reader', async () => {
    await secrets.set('space/1/database', value)
    await secrets.set('space/1/database', `${value}2`)

    expect(await secrets.get('space/1/database')).toBe(`${value}2`)
    expect(await openSecretFile({ directory }).get('space/1/database')).toBe(`${value}2`)
    expect(await secrets.get('space/1')).toBeUndefined()
  })

  it('are not looked for in files that do not exist, and reading makes none', async () => {
    expect(await secrets.get('a')).toBeUndefined()
    expect(await readdir(directory)).toEqual([])
  })

  it('are made once', async () => {
    const made = await Promise.all([1, 2, 3, 4, 5].map((number) => secrets.getOrCreate('shared', () => `made by number ${number}`)))

    expect(new Set(made).size).toBe(1)
    expect(await secrets.get('shared')).toBe(made[0])
    expect(await secrets.getOrCreate('shared', () => 'never asked')).toBe(made[0])
  })

  it('are deleted by prefix', async () => {
    for (const name of ['space/1/a', 'space/1/b', 'space/10/a', 'mail']) await secrets.set(name, value)
    await secrets.deleteAll('space/1/')
    await secrets.deleteAll('space/1/')

    expect(await secrets.get('space/1/a')).toBeUndefined()
    expect(await secrets.get('space/10/a')).toBe(value)
    expect(await secrets.get('mail')).toBe(value)
  })

  it.each(['__proto__', 'constructor', '1', '', 'é/日本語'])('have the name %j like any other', async (name) => {
    await secrets.set(name, value)

    expect(await openSecretFile({ directory }).get(name)).toBe(value)
  })

  it('too short to be masked are refused without being shown, and nothing is written', async () => {
    const error = await failureOf(secrets.set('mail/password', 'ab#9!'))

    expect(error).toMatchObject({ code: 'bad-input', message: 'the secret for "mail/password" is too short: 5 characters, and at least 6 are needed' })
    expect(await readdir(directory)).not.toContain('secrets.enc')
  })

  it.each(['set', 'read by another'])('are masked once %s', async (how) => {
    const secret = `value-${how}-${'x'.repeat(4)}`
    if (how === 'set') await secrets.set('name', secret)
    else await secrets.getOrCreate('name', () => secret)

    expect(mask(`it is ${secret}.`)).toBe('it is •••.')
  })

  it('are masked in a process that only read them', async () => {
    await secrets.set('name', value)
    const script = `
      import { openSecretFile } from ${JSON.stringify(join(import.meta.dirname, '../../src/kit/secrets-file.ts'))}
      import { mask } from ${JSON.stringify(join(import.meta.dirname, '../../src/kit/mask.ts'))}
      const secret = await openSecretFile({ directory: process.argv[1] }).get('name')
      process.stdout.write(mask('it is ' + secret))`
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, directory])

    expect({ stdout, stderr }).toEqual({ stdout: 'it is •••', stderr: '' })
  })
})

describe('files', () => {
  it('never hold a value or a name in the clear, and differ at each write', async () => {
    await secrets.set('space/1/database', 'the same value')
    const first = await readFile(secretsFile)
    await secrets.set('other', value)
    await secrets.deleteAll('other')
    const again = await readFile(secretsFile)

    expect(again.equals(first)).toBe(false)
    expect(again.length).toBe(first.length)
    for (const name of await readdir(directory)) {
      const content = await readFile(join(directory, name))
      for (const text of ['the same value', 'database', value]) {
        for (const form of [text, Buffer.from(text).toString('base64').slice(0, -4), Buffer.from(text).toString('hex')]) {
          expect(content.includes(form)).toBe(false)
        }
      }
    }
  })

  it('are for their owner alone, whatever the umask', async () => {
    const before = process.umask(0)
    await secrets.set('name', value)
    process.umask(before)

    const names = (await readdir(directory)).sort()
    expect(names).toEqual(['secrets.enc', 'secrets.key', 'secrets.lock'])
    for (const name of names) expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600)
    expect((await readFile(keyFile)).length).toBe(32)
  })

  it('are not written again when nothing changed', async () => {
    await secrets.set('name', value)
    const before = await readFile(secretsFile)
    await secrets.set('name', value)
    await secrets.deleteAll('nothing/')

    expect((await readFile(secretsFile)).equals(before)).toBe(true)
  })

  it.each([0o640, 0o604, 0o660, 0o644])('are refused when the key has mode %o, with the command that mends it', async (mode) => {
    await secrets.set('name', value)
    await chmod(keyFile, mode)
    const error = await failureOf(secrets.get('name'))

    expect(error.code).toBe('machine-not-ready')
    expect(error.next).toEqual([`chmod 600 '${keyFile}'`])
    await expect(secrets.set('name', 'another value')).rejects.toThrow(/can be read by others/)
    await promisify(execFile)('sh', ['-c', error.next[0] ?? 'false'])
    expect(await secrets.get('name')).toBe(value)
  })

  it.runIf(process.geteuid?.() === 0)('are refused when the key belongs to another user', async () => {
    await secrets.set('name', value)
    await chown(keyFile, 65_534, 65_534)

    expect((await failureOf(secrets.get('name'))).next).toEqual([`chown 0 '${keyFile}'`])
  })
})

describe('damage', () => {
  beforeEach(async () => {
    await secrets.set('name', value)
  })

  it('of any byte is found', async () => {
    const whole = await readFile(secretsFile)
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole)
      changed[at] = (whole[at] ?? 0) ^ 1
      await writeFile(secretsFile, changed)
      const error = await failureOf(secrets.get('name'))
      expect(['unhealthy', 'machine-not-ready']).toContain(error.code)
      expect(`${error.message}${JSON.stringify(error.data)}`).not.toContain(value)
    }
    await writeFile(secretsFile, whole)
    expect(await secrets.get('name')).toBe(value)
  })

  it.each([0, 10, 40, 60])('by cutting the file to %i bytes is found, and nothing overwrites it', async (length) => {
    await truncate(secretsFile, length)

    expect((await failureOf(secrets.get('name'))).code).toBe('unhealthy')
    expect((await failureOf(secrets.set('other', value))).code).toBe('unhealthy')
    expect((await stat(secretsFile)).size).toBe(length)
  })

  it('of another key is told apart from damage of the file', async () => {
    await writeFile(keyFile, Buffer.alloc(32, 7))

    expect((await failureOf(secrets.get('name'))).message).toBe(`${keyFile} is not the key that ${secretsFile} was written with`)
  })

  it('of a key that is too short is told', async () => {
    await writeFile(keyFile, 'short')

    expect((await failureOf(secrets.get('name'))).message).toContain('it has 5 bytes and should have 32')
  })

  it('by loss of the key is told, and no new key takes its place', async () => {
    await rm(keyFile)

    expect((await failureOf(secrets.getOrCreate('other', () => value))).message).toContain(`${keyFile} is missing`)
    expect(await readdir(directory)).not.toContain('secrets.key')
  })

  it('by a swap with an older file of the same key is not damage', async () => {
    await copyFile(secretsFile, `${secretsFile}.old`)
    await secrets.set('name', 'a newer value')
    await copyFile(`${secretsFile}.old`, secretsFile)

    expect(await secrets.get('name')).toBe(value)
  })
})

describe('several processes', () => {
  it('agree on key and values, and lose none', async () => {
    const writers = ['a', 'b', 'c']
    const results = await Promise.all(writers.map((prefix) => promisify(execFile)(process.execPath, [program, directory, prefix, '40'])))

    expect(results.map(({ stderr }) => stderr)).toEqual(['', '', ''])
    expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(1)
    expect(await secrets.get('shared')).toBe(results[0]?.stdout)
    for (const prefix of writers) {
      for (let number = 0; number < 40; number++) expect(await secrets.get(`${prefix}/${number}`)).toBe(`value of ${prefix} ${number}`)
    }
  })

  it('leave a readable file when killed in the middle', async () => {
    await secrets.set('before', value)
    for (const pause of [0, 60, 130]) {
      const child = spawn(process.execPath, [program, directory, 'killed', '100000'], { stdio: 'ignore' })
      const closed = once(child, 'close')
      while ((await secrets.get('killed/3')) === undefined) await delay(5)
      await delay(pause)
      child.kill('SIGKILL')
      await closed
      expect(await secrets.get('before')).toBe(value)
      await secrets.set('after', `${value} ${pause}`)
      await secrets.deleteAll('killed/')
    }
  })
})
