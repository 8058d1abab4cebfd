import { chmod, chown, lstat, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../../src/kit/exec.ts'
import { exists } from '../../src/kit/files.ts'
import type { VolumeKind, Volumes } from '../../src/volume/contract.ts'

export interface VolumeSubject {
  readonly kind: VolumeKind
  /** What this kind promises, declared so that a kind that loses a promise fails. */
  readonly hardLimit: boolean
  readonly exact: boolean
  readonly instantSnapshots: boolean
  /** Why it cannot run on this machine; the suite is then skipped with these words. */
  readonly unavailable?: string | undefined
  /** A fresh place, and the volumes in it. `again` opens the same place as another process would. */
  open(): Promise<{ volumes: Volumes; again(): Volumes; close(): Promise<void> }>
}

const owner = { uid: 64_101, gid: 64_101 }
const megabyte = 1_000_000
const limitBytes = 20 * megabyte

/** Writes as the space's own user; answers the bytes that arrived and whether the kernel refused. */
async function writeAsOwner(path: string, bytes: number): Promise<{ written: number; refused: boolean }> {
  const args = ['if=/dev/urandom', `of=${path}`, 'bs=100000', `count=${bytes / 100_000}`, 'conv=fsync', 'status=none']
  const { exitCode } = await run('dd', args, { as: owner, accept: [0, 1] })
  return { written: (await stat(path).catch(() => ({ size: 0 }))).size, refused: exitCode !== 0 }
}

/** Everything the contract of src/volume/contract.ts promises. Needs root: volumes belong to other users. */
export function volumeConformance(subject: VolumeSubject): void {
  const { unavailable } = subject
  describe.skipIf(unavailable !== undefined)(`volumes: ${subject.kind}${unavailable === undefined ? '' : ` (${unavailable})`}`, () => {
    let opened: Awaited<ReturnType<VolumeSubject['open']>>
    let volumes: Volumes
    beforeAll(async () => {
      opened = await subject.open()
      volumes = opened.volumes
    })
    afterAll(async () => {
      await opened.close()
    })

    test('says what it is, and that this machine can use it', async () => {
      expect(volumes).toMatchObject({ kind: subject.kind, hardLimit: subject.hardLimit, exact: subject.exact })
      expect(await volumes.check()).toEqual([])
      const { totalBytes, freeBytes } = await volumes.physical()
      expect(totalBytes).toBeGreaterThan(100 * megabyte)
      expect(freeBytes).toBeGreaterThan(0)
      expect(freeBytes).toBeLessThanOrEqual(totalBytes)
    })

    test('makes a volume once, with its owner and mode, and lists it', async () => {
      expect(await volumes.ensure('made-1', { owner, limitBytes })).toEqual({ created: true })
      expect(await volumes.ensure('made-1', { owner, limitBytes })).toEqual({ created: false })
      const found = await stat(volumes.path('made-1'))
      expect([found.uid, found.gid, found.mode & 0o7777]).toEqual([owner.uid, owner.gid, 0o700])
      expect(await volumes.list()).toContain('made-1')
      expect(await opened.again().list()).toContain('made-1')
    })

    test("no other user can read it, and its own can write to it", async () => {
      await volumes.ensure('private', { owner, limitBytes })
      expect(await writeAsOwner(join(volumes.path('private'), 'file'), megabyte)).toEqual({ written: megabyte, refused: false })
      const other = await run('cat', [join(volumes.path('private'), 'file')], { as: { uid: 64_102, gid: 64_102 }, accept: [0, 1] })
      expect(other.exitCode).toBe(1)
    })

    test.each(['', '.', '..', 'a.b', '.snapshots', 'a/b', '../a', '-a', 'A', 'é', 'a b', 'a'.repeat(64)])('refuses the name %j', async (name) => {
      expect(() => volumes.path(name)).toThrow(/cannot name a volume/)
      await expect(volumes.ensure(name, { owner, limitBytes })).rejects.toThrow(/cannot name a volume/)
      await expect(volumes.remove(name)).rejects.toThrow(/cannot name a volume/)
    })

    test('finishes what a killed run began: wrong owner, wrong mode', async () => {
      await volumes.ensure('killed', { owner, limitBytes })
      await chown(volumes.path('killed'), 0, 0)
      await chmod(volumes.path('killed'), 0o755)
      expect(await opened.again().ensure('killed', { owner, limitBytes })).toEqual({ created: false })
      const found = await stat(volumes.path('killed'))
      expect([found.uid, found.mode & 0o7777]).toEqual([owner.uid, 0o700])
    })

    test.runIf(subject.hardLimit)('refuses writes at the limit, also after it was raised and lowered in use', async () => {
      await volumes.ensure('limited', { owner, limitBytes })
      const path = volumes.path('limited')
      const first = await writeAsOwner(join(path, 'first'), 2 * limitBytes)
      expect(first.refused).toBe(true)
      expect(first.written).toBeGreaterThan(limitBytes * 0.9)
      expect(first.written).toBeLessThanOrEqual(limitBytes)
      await volumes.ensure('limited', { owner, limitBytes: 2 * limitBytes })
      expect(await writeAsOwner(join(path, 'second'), 10 * megabyte)).toEqual({ written: 10 * megabyte, refused: false })
      await volumes.ensure('limited', { owner, limitBytes })
      expect((await writeAsOwner(join(path, 'third'), megabyte)).refused).toBe(true)
      expect((await readFile(join(path, 'second'))).length).toBe(10 * megabyte)
      await run('rm', [join(path, 'first'), join(path, 'second')], { as: owner })
      expect((await writeAsOwner(join(path, 'fourth'), 10 * megabyte)).refused).toBe(false)
    })

    test.runIf(subject.exact)('tells the use of many volumes at once, exactly when near the limit', async () => {
      const names = ['use-1', 'use-2', 'use-3']
      for (const name of names) await volumes.ensure(name, { owner, limitBytes })
      await writeAsOwner(join(volumes.path('use-1'), 'file'), 18 * megabyte)
      await writeAsOwner(join(volumes.path('use-2'), 'file'), megabyte)
      const used = await volumes.usedBytes([...names, 'never-made'])
      expect([...(used?.keys() ?? [])].toSorted()).toEqual(names)
      expect(used?.get('use-1')).toBeGreaterThanOrEqual(18 * megabyte)
      expect(used?.get('use-1')).toBeLessThan(18.5 * megabyte)
      expect(used?.get('use-2')).toBeGreaterThanOrEqual(megabyte)
      expect(used?.get('use-3')).toBeLessThan(100_000)
    })

    test.runIf(!subject.exact)('does not pretend to know the use', async () => {
      expect(await volumes.usedBytes(['made-1'])).toBeUndefined()
    })

    test('a snapshot keeps what was there, with owners, and goes when told', async () => {
      await volumes.ensure('pictured', { owner, limitBytes })
      const file = join(volumes.path('pictured'), 'file')
      await mkdir(join(volumes.path('pictured'), 'folder'))
      await writeFile(file, 'before')
      await chown(file, owner.uid, owner.gid)
      const snapshot = await volumes.snapshot('pictured')
      await writeFile(file, 'after')
      expect(snapshot.instant).toBe(subject.instantSnapshots)
      expect(await readFile(join(snapshot.path, 'file'), 'utf8')).toBe('before')
      expect((await lstat(join(snapshot.path, 'file'))).uid).toBe(owner.uid)
      expect((await readdir(snapshot.path)).toSorted()).toEqual(['file', 'folder'])
      expect(await volumes.list()).not.toContain('.snapshots')
      await snapshot.dispose()
      await snapshot.dispose()
      expect(await exists(snapshot.path)).toBe(false)
      expect(await readFile(file, 'utf8')).toBe('after')
    })

    test.runIf(subject.instantSnapshots)('a snapshot cannot be written to', async () => {
      await volumes.ensure('sealed', { owner, limitBytes })
      await writeFile(join(volumes.path('sealed'), 'file'), 'before')
      const snapshot = await volumes.snapshot('sealed')
      await expect(writeFile(join(snapshot.path, 'file'), 'x')).rejects.toThrow(/read-only/i)
      await snapshot.dispose()
    })

    test('the next snapshot clears away those of a process that is gone', async () => {
      await volumes.ensure('orphaned', { owner, limitBytes })
      const snapshot = await volumes.snapshot('orphaned')
      const orphan = snapshot.path.replace(/\/[^/]+$/, '/999999999-gone')
      await run('mv', [snapshot.path, orphan])
      const second = await volumes.snapshot('orphaned')
      expect(await exists(orphan)).toBe(false)
      expect(await exists(second.path)).toBe(true)
      await second.dispose()
    })

    test('removes a volume with its snapshots, again and again; a new one of that name is empty', async () => {
      await volumes.ensure('removed', { owner, limitBytes })
      await writeAsOwner(join(volumes.path('removed'), 'file'), megabyte)
      const snapshot = await volumes.snapshot('removed')
      await volumes.remove('removed')
      await volumes.remove('removed')
      expect(await exists(volumes.path('removed'))).toBe(false)
      expect(await exists(snapshot.path)).toBe(false)
      expect(await volumes.list()).not.toContain('removed')
      expect((await volumes.usedBytes(['removed']))?.has('removed') ?? false).toBe(false)
      expect(await volumes.ensure('removed', { owner, limitBytes })).toEqual({ created: true })
      expect(await readdir(volumes.path('removed'))).toEqual([])
    })
  })
}
