import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockFile, whileLocked } from '../../src/kit/lock.ts'
import { failureOf } from '../support/failures.ts'

let directory: string
let path: string
let holders: ChildProcess[] = []
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chaton-lock-'))
  path = join(directory, 'locks/jardin.lock')
})
afterEach(async () => {
  for (const holder of holders) holder.kill('SIGKILL')
  holders = []
  await rm(directory, { recursive: true })
})

/** Starts a process that takes the lock; resolves with its first line. */
async function holder(): Promise<{ child: ChildProcess; says: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'lock-holder.ts'), path], { stdio: ['ignore', 'pipe', 'inherit'] })
  holders.push(child)
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, says: line.toString().trim() }
}

describe('lockFile', () => {
  it('is refused to a second process, which learns who holds it', async () => {
    const first = await holder()
    const second = await holder()

    expect(first.says).toBe('held')
    expect(second.says).toBe(`another chaton run (process ${first.child.pid}) is working on the space "jardin"`)
    expect(await failureOf(lockFile(path, 'x'))).toMatchObject({ code: 'conflict', retryable: true })
  })

  it('is free again when its holder was killed', async () => {
    const { child } = await holder()
    child.kill('SIGKILL')
    await once(child, 'close')
    await using lock = await lockFile(path, 'x')

    expect((await failureOf(lockFile(path, 'x'))).message).toBe(`another chaton run (process ${process.pid}) is working on x`)
    await lock.release()
    await lock.release()
    expect((await holder()).says).toBe('held')
  })

  it('is one of many when many ask at once', async () => {
    const says = (await Promise.all([holder(), holder(), holder(), holder()])).map((each) => each.says)

    expect(says.filter((line) => line === 'held')).toHaveLength(1)
  })

  it('cannot be held by another user: the file is for its owner alone', async () => {
    await using _ = await lockFile(path, 'x')

    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('tells a place that cannot be used from a lock that is held', async () => {
    await writeFile(join(directory, 'locks'), '')

    expect(await failureOf(lockFile(path, 'x'))).toMatchObject({ code: 'machine-not-ready' })
  })
})

describe('whileLocked', () => {
  it('lets one work at a time and gives each its turn', async () => {
    let inside = 0
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, number) =>
        whileLocked(path, 'x', async () => {
          inside += 1
          expect(inside).toBe(1)
          await delay(5)
          inside -= 1
          return number
        }),
      ),
    )

    expect(results).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  it('waits for another process', async () => {
    const { child } = await holder()
    let done = false
    const work = whileLocked(path, 'x', async () => {
      done = true
    })
    await delay(100)
    expect(done).toBe(false)
    child.kill('SIGKILL')
    await work
    expect(done).toBe(true)
  })

  it('is released when the work throws', async () => {
    await expect(
      whileLocked(path, 'x', async () => {
        throw new Error('broken')
      }),
    ).rejects.toThrow('broken')

    expect(await whileLocked(path, 'x', async () => 'free')).toBe('free')
  })
})
