import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock, type Clock } from '../../../src/kit/clock.ts'
import { ChatonError } from '../../../src/kit/errors.ts'
import { openSqliteStore } from '../../../src/store/sqlite/index.ts'
import { describeStore, plan, space, take } from '../../conformance/store.ts'
import { failureOf } from '../../support/failures.ts'

let directory: string
let files = 0
const newPath = (): string => join(directory, `store-${++files}`, 'chaton.db')
const openAt = (path: string, clock: Clock = systemClock) => openSqliteStore({ path, clock })

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chaton-store-'))
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

describeStore('sqlite', async () => openAt(newPath()))

/** Starts the fixture program and waits until it has opened the store; `go` lets it write. */
async function writer(path: string, name: string, times: number) {
  const program = join(import.meta.dirname, 'writer.ts')
  const child: ChildProcess = spawn(process.execPath, [program, path, name, String(times)], { stdio: 'pipe' })
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk) => (stdout += chunk))
  child.stderr?.on('data', (chunk) => (stderr += chunk))
  const ended = once(child, 'close').then(([code, signal]) => ({ code: code as number | null, signal: signal as string | null, stdout, stderr }))
  while (!stdout.startsWith('ready\n')) {
    if (child.exitCode !== null) throw new Error(`the writer did not start: ${stderr}`)
    await delay(10)
  }
  const written = (): number => stdout.split('\n').length - 2
  return { child, ended, written, go: () => child.stdin?.write('go\n') }
}

describe('several processes', () => {
  it('lose none of 400 updates of one resource', async () => {
    const path = newPath()
    const { store } = openAt(path)
    await store.create('Space', space('jardin', { title: '0' }))
    const writers = await Promise.all([writer(path, 'jardin', 200), writer(path, 'jardin', 200)])
    for (const { go } of writers) go()
    const results = await Promise.all(writers.map(({ ended }) => ended))

    expect(results.map(({ code, stderr }) => ({ code, stderr }))).toEqual([
      { code: 0, stderr: '' },
      { code: 0, stderr: '' },
    ])
    const numbers = results.flatMap(({ stdout }) => stdout.trim().split('\n').slice(1).map(Number))
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, index) => index + 1))
    const last = await store.get('Space', 'jardin')
    expect(last).toMatchObject({ spec: { title: '400' }, metadata: { generation: 401 } })
    await store[Symbol.asyncDispose]()
  })

  it('leave a readable store, with every acknowledged write, when killed in the middle', async () => {
    const path = newPath()
    const first = openAt(path)
    await first.store.create('Space', space('jardin', { title: '0' }))
    await first.store[Symbol.asyncDispose]()
    let acknowledged = 0
    for (const pause of [3, 11, 20, 34, 47]) {
      const { child, ended, written, go } = await writer(path, 'jardin', 1_000_000)
      go()
      while (written() < 5) await delay(1)
      await delay(pause)
      child.kill('SIGKILL')
      const { signal } = await ended
      expect(signal).toBe('SIGKILL')
      acknowledged += written()

      const { store, journal } = openAt(path)
      const number = Number((await store.get('Space', 'jardin'))?.spec.title)
      expect(number).toBeGreaterThanOrEqual(acknowledged)
      expect(number).toBeLessThanOrEqual(acknowledged + 1)
      acknowledged = number
      expect((await journal.read('jardin')).length).toBeGreaterThanOrEqual(number - 5)
      await store[Symbol.asyncDispose]()
      const check = new DatabaseSync(path)
      expect(check.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
      check.close()
    }
  })

  it('open a new file together', async () => {
    const path = newPath()
    const writers = await Promise.all(Array.from({ length: 6 }, () => writer(path, 'jardin', 0)))
    for (const { go } of writers) go()
    const results = await Promise.all(writers.map(({ ended }) => ended))

    expect(results.map(({ code, stderr }) => `${code} ${stderr}`)).toEqual(Array.from({ length: 6 }, () => '0 '))
  })

  it('see the changes of others in a watch', async () => {
    const path = newPath()
    const { store } = openAt(path)
    await store.create('Space', space('jardin', { title: '0' }))
    const stop = new AbortController()
    const events = store.watch('Space', stop.signal)[Symbol.asyncIterator]()
    expect(await take(events, 1)).toEqual(['added jardin 1'])

    const { ended, go } = await writer(path, 'jardin', 1)
    go()
    expect(await take(events, 1)).toEqual(['modified jardin 2'])
    await ended
    const other = openAt(path)
    await other.store.create('Space', space('verger'))
    expect(await take(events, 1)).toEqual(['added verger 1'])
    await other.store.delete('Space', 'jardin')
    expect(await take(events, 1)).toEqual(['deleted jardin 2'])
    stop.abort()
    await other.store[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
  })
})

describe('watch', () => {
  it('sleeps 250 ms between looks, by the clock it was given', async () => {
    const slept: number[] = []
    const stop = new AbortController()
    const clock: Clock = {
      now: () => new Date(0),
      sleep: async (milliseconds) => {
        slept.push(milliseconds)
        if (slept.length === 3) stop.abort()
      },
    }
    const { store } = openAt(newPath(), clock)
    const seen: unknown[] = []
    for await (const event of store.watch('Space', stop.signal)) seen.push(event)

    expect(seen).toEqual([])
    expect(slept).toEqual([250, 250, 250])
    await store[Symbol.asyncDispose]()
  })
})

describe('file', () => {
  it('can be read by its owner alone, also -wal and -shm, whatever the umask', async () => {
    const before = process.umask(0)
    const path = newPath()
    const { store } = openAt(path)
    try {
      await store.create('Plan', plan('collective'))
      const names = await readdir(join(path, '..'))
      expect(names.sort()).toEqual(['chaton.db', 'chaton.db-shm', 'chaton.db-wal'])
      for (const name of names) expect((await stat(join(path, '..', name))).mode & 0o777).toBe(0o600)
    } finally {
      process.umask(before)
      await store[Symbol.asyncDispose]()
    }
  })

  it('is closed to others again when it was open to them', async () => {
    const path = newPath()
    await openAt(path).store[Symbol.asyncDispose]()
    await chmod(path, 0o644)
    await openAt(path).store[Symbol.asyncDispose]()

    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('reached by a symbolic link keeps the mode that its owner gave it', async () => {
    const target = newPath()
    await openAt(target).store[Symbol.asyncDispose]()
    await chmod(target, 0o640)
    const link = join(directory, `link-${++files}`)
    await symlink(target, link)
    await openAt(link).store[Symbol.asyncDispose]()

    expect((await stat(target)).mode & 0o777).toBe(0o640)
  })

  it('keeps everything when opened again', async () => {
    const path = newPath()
    const first = openAt(path)
    const created = await first.store.create('Plan', plan('collective'))
    await first.store[Symbol.asyncDispose]()
    const { store } = openAt(path)

    expect(await store.list('Plan')).toEqual([created])
    await store[Symbol.asyncDispose]()
  })

  it('is in WAL mode, so that readers need not wait for a writer', async () => {
    const path = newPath()
    const { store } = openAt(path)
    const other = new DatabaseSync(path)
    expect(other.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
    other.close()
    await store[Symbol.asyncDispose]()
  })

  it('of a newer schema is refused and left alone', async () => {
    const path = newPath()
    await openAt(path).store[Symbol.asyncDispose]()
    const database = new DatabaseSync(path)
    database.exec("INSERT INTO migrations VALUES (99, 'of tomorrow', '2030-01-01T00:00:00.000Z')")
    database.close()

    expect(() => openAt(path)).toThrow(ChatonError)
    expect(() => openAt(path)).toThrow(`${path} was written by a newer chaton: its schema is 99, this one knows 1 at most`)
  })

  it.each([
    ['not a database', 'this is a letter, not a database. '.repeat(40), /is damaged or not a database of chaton/],
  ])('that is %s is refused and left alone', async (_, content, message) => {
    const path = join(directory, `odd-${++files}`)
    await writeFile(path, content)

    expect(() => openAt(path)).toThrow(message)
    expect((await stat(path)).size).toBe(content.length)
  })

  it('of another program is refused', async () => {
    const path = join(directory, `odd-${++files}`)
    const database = new DatabaseSync(path)
    database.exec('CREATE TABLE songs (title TEXT)')
    database.close()

    expect(() => openAt(path)).toThrow(`${path} is a database of another program`)
  })

  it('in a place that is no directory is a clear error', async () => {
    const file = join(directory, `odd-${++files}`)
    await writeFile(file, '')

    expect(() => openAt(join(file, 'chaton.db'))).toThrow(/cannot be opened or written/)
  })
})

describe('a record that the present schema cannot read', () => {
  it.each([
    ['broken JSON', '{"kind":', /JSON/],
    ['a field of another time', JSON.stringify({ ...space('jardin'), spec: { ...space('jardin').spec, planet: 'earth' } }), /unknown field "planet"; did you mean "plan"\?/],
  ])('is named: %s', async (_, body, message) => {
    const path = newPath()
    const { store } = openAt(path)
    await store.create('Space', space('verger'))
    await store.create('Space', space('jardin'))
    const other = new DatabaseSync(path)
    other.prepare("UPDATE resources SET body = ? WHERE name = 'jardin'").run(body)
    other.close()

    for (const reading of [store.get('Space', 'jardin'), store.list('Space')]) {
      const error = await failureOf(reading)
      expect(error.message).toContain('the record of Space "jardin" in the store cannot be read')
      expect(error.message).toMatch(message)
      expect(error.actor).toBe('hoster')
    }
    expect(await store.get('Space', 'verger')).toBeDefined()
    await store[Symbol.asyncDispose]()
  })
})
