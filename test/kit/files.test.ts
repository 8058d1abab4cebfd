import { chmod, lchown, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { contain, containReal } from '../../src/kit/contain.ts'
import { ensureDirectory, exists, readTextIfExists, writeFileAtomic } from '../../src/kit/files.ts'
import { failureOf } from '../support/failures.ts'

const isRoot = process.geteuid?.() === 0
let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chaton-files-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

describe('writeFileAtomic', () => {
  it('makes the file and its directories, with the mode asked for whatever the umask', async () => {
    const before = process.umask(0o077)
    const path = join(directory, 'a/b/config.yaml')
    await writeFileAtomic(path, 'one')
    await writeFileAtomic(path, Buffer.from('two'), { mode: 0o640 })
    process.umask(before)

    expect(await readFile(path, 'utf8')).toBe('two')
    expect((await stat(path)).mode & 0o777).toBe(0o640)
    expect(await readdir(join(directory, 'a/b'))).toEqual(['config.yaml'])
  })

  it('never shows half a file to a reader', async () => {
    const path = join(directory, 'file')
    const contents = ['a'.repeat(200_000), 'b'.repeat(200_000)]
    await writeFileAtomic(path, contents[0] ?? '')
    const state = { writing: true }
    const writes = (async () => {
      for (let round = 0; round < 30; round++) await writeFileAtomic(path, contents[round % 2] ?? '')
      state.writing = false
    })()
    let reads = 0
    while (state.writing) {
      const text = await readFile(path, 'utf8')
      expect(text === contents[0] || text === contents[1]).toBe(true)
      reads += 1
    }
    await writes
    expect(reads).toBeGreaterThan(5)
  })

  it('leaves no debris when it fails', async () => {
    await mkdir(join(directory, 'taken'))
    await writeFile(join(directory, 'taken/inside'), '')

    await expect(writeFileAtomic(join(directory, 'taken'), 'x')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/)
    expect(await readdir(directory)).toEqual(['taken'])
  })

  it('replaces a symbolic link and leaves what it points to', async () => {
    await writeFile(join(directory, 'target'), 'precious')
    await symlink('target', join(directory, 'link'))
    await writeFileAtomic(join(directory, 'link'), 'new')

    expect(await readFile(join(directory, 'target'), 'utf8')).toBe('precious')
    expect((await lstat(join(directory, 'link'))).isFile()).toBe(true)
  })

  it.runIf(isRoot)('gives the file to its owner', async () => {
    await writeFileAtomic(join(directory, 'file'), 'x', { mode: 0o400, owner: { uid: 65_534, gid: 65_533 } })

    expect(await stat(join(directory, 'file'))).toMatchObject({ uid: 65_534, gid: 65_533, mode: 0o100_400 })
  })
})

describe('ensureDirectory', () => {
  it('is repeatable and mends the mode', async () => {
    const path = join(directory, 'a/b')
    await ensureDirectory(path, { mode: 0o711 })
    await chmod(path, 0o777)
    await ensureDirectory(path, { mode: 0o700 })

    expect((await stat(path)).mode & 0o777).toBe(0o700)
  })

  it('follows a symbolic link of its own user', async () => {
    await mkdir(join(directory, 'disk'))
    await symlink('disk', join(directory, 'link'))
    await ensureDirectory(join(directory, 'link'), { mode: 0o710 })

    expect((await stat(join(directory, 'disk'))).mode & 0o777).toBe(0o710)
  })

  it.runIf(isRoot)('does not give away what a symbolic link of another user points to', async () => {
    await mkdir(join(directory, 'precious'), { mode: 0o700 })
    await symlink('precious', join(directory, 'link'))
    await lchown(join(directory, 'link'), 65_534, 65_534)
    const error = await failureOf(ensureDirectory(join(directory, 'link'), { mode: 0o777, owner: { uid: 65_534, gid: 65_534 } }))

    expect(error.message).toContain('is a symbolic link that another user (uid 65534) has made')
    expect(await stat(join(directory, 'precious'))).toMatchObject({ uid: 0, mode: 0o40_700 })
  })

  it('refuses a file in its place', async () => {
    await writeFile(join(directory, 'file'), '')

    await expect(ensureDirectory(join(directory, 'file'), { mode: 0o700 })).rejects.toThrow(/EEXIST|ENOTDIR/)
  })
})

describe('reading', () => {
  it('tells a missing file from an unreadable one', async () => {
    await writeFile(join(directory, 'file'), 'text')

    expect(await readTextIfExists(join(directory, 'file'))).toBe('text')
    expect(await readTextIfExists(join(directory, 'none'))).toBeUndefined()
    await expect(readTextIfExists(directory)).rejects.toThrow('EISDIR')
    expect(await exists(join(directory, 'file'))).toBe(true)
    expect(await exists(join(directory, 'file/below'))).toBe(false)
    expect(await exists(join(directory, 'none'))).toBe(false)
  })
})

describe('contain', () => {
  it.each(['a', 'a/../b', './a', '..a', 'a/..', '...', ''])('lets %j stay inside', (path) => {
    expect(contain('/srv/space', path)).toMatch(/^\/srv\/space(\/|$)/)
  })

  it.each(['..', '../x', 'a/../../x', '/etc/passwd', '../space2/x', 'a\0b', '/srv/space2', '/srv'])('refuses %j', (path) => {
    expect(() => contain('/srv/space', path)).toThrow('leads outside its folder')
  })

  it('takes an absolute path that is inside', () => {
    expect(contain('/srv/space', '/srv/space/a')).toBe('/srv/space/a')
  })

  it('sees through symbolic links of file and folder', async () => {
    await mkdir(join(directory, 'root/inner'), { recursive: true })
    await mkdir(join(directory, 'root2'))
    await writeFile(join(directory, 'root/inner/file'), '')
    await writeFile(join(directory, 'root2/secret'), '')
    await symlink('../root2', join(directory, 'root/folder'))
    await symlink('../root2/secret', join(directory, 'root/link'))
    await symlink('inner/file', join(directory, 'root/good'))
    await symlink('root', join(directory, 'alias'))
    const root = join(directory, 'root')

    expect(await containReal(root, 'good')).toMatch(/root\/inner\/file$/)
    expect(await containReal(join(directory, 'alias'), 'inner/file')).toMatch(/root\/inner\/file$/)
    await expect(containReal(root, 'link')).rejects.toThrow('leads outside its folder')
    await expect(containReal(root, 'folder/secret')).rejects.toThrow('leads outside its folder')
    await expect(containReal(root, '../root2/secret')).rejects.toThrow('leads outside its folder')
    await expect(containReal(root, 'none')).rejects.toThrow('ENOENT')
  })
})
