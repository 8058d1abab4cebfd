import { createHash, randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ChatonError } from '../../src/kit/errors.ts'
import type { Over, RemoteEntry, RemoteFiles, Written } from '../../src/nextcloud/files/contract.ts'
import { openRemoteFiles } from '../../src/nextcloud/files/index.ts'
import { streamOf, type Remote } from '../../src/nextcloud/remote.ts'
import { failureOf } from '../support/failures.ts'

export interface AccountForTest {
  readonly remote: Remote
  readonly cleanup?: () => Promise<void>
}

const md5 = (bytes: Uint8Array | string): string => createHash('md5').update(bytes).digest('hex')
const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')
const sums = (contents: ReadonlyMap<string, Uint8Array>): Record<string, string> => Object.fromEntries([...contents].map(([path, bytes]) => [path, sha256(bytes)]))
const body = (text: string | Uint8Array) => {
  const bytes = Buffer.from(text)
  return { stream: streamOf(bytes), length: bytes.length }
}
const mtime = 1_600_000_000
/** Names that every release takes. */
const names = [
  'plain.txt', 'with space.txt', 'trailing space ', ' leading', 'tab-end.txt', 'ün—ïcode €.txt', '100%.txt', '%41.txt', '#hash.txt', 'a+b.txt', 'a&amp;b.txt', `quote"'.txt`, '<tag>.txt', '[x]{y}.txt',
  'semi;colon:.txt', 'what?.txt', 'star*.txt', '😀 emoji.txt', '.hidden', 'nul', 'CON.txt', 'trailing dot.', '~tilde!(1).txt', '=&?.txt', '0', `${'é'.repeat(120)}.txt`, 'remote.php',
]

/** The whole promise of RemoteFiles, for every server. The tests of one run share a folder, in order. */
export function describeRemoteFiles(name: string, open: () => Promise<AccountForTest>): void {
  describe(`remote files: ${name}`, () => {
    let made: AccountForTest
    let files: RemoteFiles
    const root = `remote-files-${randomBytes(4).toString('hex')}`

    beforeAll(async () => {
      made = await open()
      files = openRemoteFiles(made.remote)
      expect(await files.makeFolder(root)).toBe(true)
    })
    afterAll(async () => {
      await made.cleanup?.()
    })

    const listed = async (path: string): Promise<RemoteEntry[]> => {
      const entries: RemoteEntry[] = []
      for await (const entry of files.list(path)) entries.push(entry)
      return entries.toSorted((a, b) => (a.path < b.path ? -1 : 1))
    }
    const text = async (path: string, options?: Parameters<RemoteFiles['read']>[1]): Promise<string> => (await buffer((await files.read(path, options)).stream)).toString('utf8')
    const write = async (path: string, content: string | Uint8Array): Promise<Written> => await files.write(path, body(content), { over: 'new', mtime })
    const entry = async (path: string): Promise<RemoteEntry> => {
      const found = await files.stat(path)
      if (found === undefined) throw new Error(`${path} is not there`)
      return found
    }
    const refusal = async (promise: Promise<unknown>): Promise<Pick<ChatonError, 'code'> & { status: unknown }> => {
      const { code, data } = await failureOf(promise)
      return { code, status: data['status'] }
    }

    it('writes a new file and tells it', async () => {
      const written = await files.write(`${root}/a.txt`, body('hello'), { over: 'new', mtime, ctime: 1_500_000_000 })
      const found = await entry(`${root}/a.txt`)
      expect(written).toEqual({ etag: found.etag, fileId: found.fileId, md5: md5('hello') })
      expect(found).toEqual({ path: `${root}/a.txt`, folder: false, fileId: expect.stringMatching(/^\d+$/) as string, etag: expect.stringMatching(/^[^"]+$/) as string, size: 5, mtime, ctime: 1_500_000_000, favourite: false, permissions: 'RGDNVW', mountType: '', encrypted: false, checksums: [] })
      expect(await text(`${root}/a.txt`)).toBe('hello')
    })

    it('never overwrites what it does not know', async () => {
      const { etag } = await write(`${root}/once.txt`, 'first')
      expect(await refusal(write(`${root}/once.txt`, 'second'))).toEqual({ code: 'conflict', status: 412 })
      expect(await refusal(files.write(`${root}/once.txt`, body('second'), { over: { etag: 'other' }, mtime }))).toEqual({ code: 'conflict', status: 412 })
      expect(await refusal(files.write(`${root}/none.txt`, body('x'), { over: { etag: 'other' }, mtime }))).toEqual({ code: 'conflict', status: 412 })
      expect(await text(`${root}/once.txt`)).toBe('first')
      const again = await files.write(`${root}/once.txt`, body('second'), { over: { etag: etag ?? '' }, mtime: mtime + 1 })
      expect(again.etag).not.toBe(etag)
      expect(await text(`${root}/once.txt`)).toBe('second')
    })

    it('says what is missing', async () => {
      expect(await files.stat(`${root}/none`)).toBeUndefined()
      expect(await refusal(write(`${root}/none/a.txt`, 'x'))).toMatchObject({ code: 'not-found' })
      expect(await refusal(files.read(`${root}/none.txt`))).toEqual({ code: 'not-found', status: 404 })
      expect(await refusal(files.makeFolder(`${root}/none/below`))).toMatchObject({ code: 'not-found' })
      expect(await refusal(listed(`${root}/none`))).toEqual({ code: 'not-found', status: 404 })
      expect(await refusal(listed(`${root}/a.txt`))).toEqual({ code: 'not-found', status: 404 })
    })

    it('leaves out times that servers refuse', async () => {
      const before = Math.floor(Date.now() / 1000) - 5
      await files.write(`${root}/old.txt`, body('old'), { over: 'new', mtime: 0, ctime: 12 })
      expect((await entry(`${root}/old.txt`)).mtime).toBeGreaterThanOrEqual(before)
    })

    it('writes and reads nothing at all', async () => {
      await write(`${root}/empty.bin`, '')
      expect(await text(`${root}/empty.bin`)).toBe('')
      expect((await entry(`${root}/empty.bin`)).size).toBe(0)
    })

    it('reads parts, and only of the content that it knows', async () => {
      const { etag } = await write(`${root}/digits.txt`, '0123456789')
      expect(await text(`${root}/digits.txt`, { from: 2, to: 5 })).toBe('234')
      expect(await text(`${root}/digits.txt`, { from: 7 })).toBe('789')
      const whole = await files.read(`${root}/digits.txt`, { etag: etag ?? '' })
      expect([whole.size, whole.etag, (await buffer(whole.stream)).toString()]).toEqual([10, etag, '0123456789'])
      expect(await refusal(files.read(`${root}/digits.txt`, { etag: 'other' }))).toEqual({ code: 'conflict', status: 412 })
      expect(await refusal(files.read(`${root}/digits.txt`, { from: 5, to: 20 }))).toMatchObject({ code: 'remote-failed' })
      expect(await refusal(files.read(`${root}/digits.txt`, { from: 50 }))).toEqual({ code: 'remote-failed', status: 416 })
    })

    it('makes folders once', async () => {
      expect(await files.makeFolder(`${root}/f`)).toBe(true)
      expect(await files.makeFolder(`${root}/f`)).toBe(false)
      await write(`${root}/f-file`, 'x')
      expect(await refusal(files.makeFolder(`${root}/f-file`))).toMatchObject({ code: 'conflict' })
      expect(await entry(`${root}/f`)).toMatchObject({ folder: true, size: 0, permissions: 'RGDNVCK', path: `${root}/f` })
    })

    it('lists the children of a folder, not the folder and nothing deeper', async () => {
      await files.makeFolder(`${root}/f/g`)
      await write(`${root}/f/g/deep.txt`, '12345678')
      await write(`${root}/f/one.txt`, '1')
      expect((await listed(`${root}/f`)).map(({ path, folder, size }) => [path, folder, size])).toEqual([[`${root}/f/g`, true, 8], [`${root}/f/one.txt`, false, 1]])
      expect(await listed(`${root}/f/g`)).toEqual([await entry(`${root}/f/g/deep.txt`)])
      expect((await listed('')).map(({ path }) => path)).toContain(root)
      expect(await entry('')).toMatchObject({ path: '', folder: true })
    })

    it('changes the etags of all folders above', async () => {
      const etags = async (): Promise<string[]> => await Promise.all(['', root, `${root}/f`].map(async (path) => (await entry(path)).etag))
      const before = await etags()
      await write(`${root}/f/two.txt`, '2')
      for (const [index, etag] of (await etags()).entries()) expect(etag).not.toBe(before[index])
    })

    it('keeps every name as it is', async () => {
      await files.makeFolder(`${root}/names`)
      await files.makeFolder(`${root}/names/${made.remote.uid}`)
      const good = names.filter((name) => files.abilities.refusesName(name) === undefined)
      expect(good.length).toBeGreaterThan(20)
      for (const name of good) {
        await write(`${root}/names/${name}`, name)
        expect(await text(`${root}/names/${name}`)).toBe(name)
      }
      expect((await listed(`${root}/names`)).map(({ path }) => path).toSorted()).toEqual([...good, made.remote.uid].map((name) => `${root}/names/${name}`).toSorted())
      await files.move(`${root}/names/100%.txt`, `${root}/names/${made.remote.uid}/50%#+ .txt`)
      expect(await text(`${root}/names/${made.remote.uid}/50%#+ .txt`)).toBe('100%.txt')
      for (const name of good.filter((name) => name !== '100%.txt')) await files.remove(`${root}/names/${name}`, (await entry(`${root}/names/${name}`)).etag)
      expect((await listed(`${root}/names`)).map(({ path }) => path)).toEqual([`${root}/names/${made.remote.uid}`])
    })

    it('writes names as long as the server stores them, under the same conditions', async () => {
      const long = `${root}/${'é'.repeat(125)}`
      const { etag = '', md5: hash } = await write(long, 'long')
      expect([await text(long), hash]).toEqual(['long', md5('long')])
      expect(await refusal(write(long, 'other'))).toEqual({ code: 'conflict', status: 412 })
      expect(await refusal(files.write(long, body('other'), { over: { etag: 'other' }, mtime }))).toEqual({ code: 'conflict', status: 412 })
      await files.write(long, body('over it'), { over: { etag }, mtime })
      expect(await text(long)).toBe('over it')
      await files.remove(long, (await entry(long)).etag)
      expect((await listed(root)).map(({ path }) => path).filter((path) => path.includes('chaton'))).toEqual([])
    })

    it('tells names in NFC, however they were written', async () => {
      await write(`${root}/${'é.txt'.normalize('NFD')}`, 'x')
      expect((await listed(root)).map(({ path }) => path)).toContain(`${root}/${'é.txt'.normalize('NFC')}`)
      expect(await text(`${root}/${'é.txt'.normalize('NFC')}`)).toBe('x')
    })

    it.each(['', '.', ' ', 'a\\b', 'line\nbreak', '.htaccess', 'x'.repeat(251), 'é'.repeat(126)])('knows that %j is refused', (name) => {
      expect(files.abilities.refusesName(name)).toEqual(expect.any(String))
    })

    it.each([' ', 'a\\b', 'line\nbreak', '.htaccess', 'x'.repeat(251), 'é'.repeat(126)])('is refused when it writes %j', async (name) => {
      expect((await failureOf(write(`${root}/${name}`, 'x'))).code).toMatch(/remote-failed|not-found/)
    })

    it('moves, and never over something', async () => {
      const { fileId } = await write(`${root}/from.txt`, 'moved')
      await files.move(`${root}/from.txt`, `${root}/f/to.txt`)
      expect(await entry(`${root}/f/to.txt`)).toMatchObject({ fileId })
      expect(await files.stat(`${root}/from.txt`)).toBeUndefined()
      await write(`${root}/from.txt`, 'other')
      expect(await refusal(files.move(`${root}/from.txt`, `${root}/f/to.txt`))).toEqual({ code: 'conflict', status: 412 })
      expect(await text(`${root}/f/to.txt`)).toBe('moved')
      expect(await refusal(files.move(`${root}/from.txt`, `${root}/none/to.txt`))).toMatchObject({ code: 'not-found' })
      expect(await refusal(files.move(`${root}/none.txt`, `${root}/to.txt`))).toMatchObject({ code: 'not-found' })
    })

    it('deletes what has not changed', async () => {
      const { etag = '' } = await write(`${root}/gone.txt`, 'x')
      expect(await refusal(files.remove(`${root}/gone.txt`, 'other'))).toMatchObject({ code: 'conflict' })
      await files.remove(`${root}/gone.txt`, etag)
      expect(await files.stat(`${root}/gone.txt`)).toBeUndefined()
      await files.remove(`${root}/gone.txt`, etag)
      await files.makeFolder(`${root}/gone`)
      const before = await entry(`${root}/gone`)
      await write(`${root}/gone/late.txt`, 'x')
      expect(await refusal(files.remove(`${root}/gone`, before.etag))).toMatchObject({ code: 'conflict' })
      await files.remove(`${root}/gone`, (await entry(`${root}/gone`)).etag)
      expect(await files.stat(`${root}/gone`)).toBeUndefined()
    })

    it('sets times and favourites of files and folders', async () => {
      for (const path of [`${root}/a.txt`, `${root}/f`]) {
        await files.setTimes(path, { mtime: 1_400_000_001, ctime: 1_300_000_001 })
        await files.setFavourite(path, true)
        expect(await entry(path)).toMatchObject({ mtime: 1_400_000_001, ctime: 1_300_000_001, favourite: true })
        await files.setFavourite(path, false)
        expect(await entry(path)).toMatchObject({ favourite: false })
        await files.setTimes(path, { mtime: 1_400_000_002 })
        expect(await entry(path)).toMatchObject({ mtime: 1_400_000_002, ctime: 1_300_000_001 })
      }
      expect(await refusal(files.setTimes(`${root}/none`, { mtime }))).toEqual({ code: 'not-found', status: 404 })
    })

    it('has the server read a file again', async () => {
      expect(await files.hash(`${root}/a.txt`, 'md5')).toBe(md5('hello'))
      expect(await files.hash(`${root}/a.txt`, 'sha256')).toBe(sha256('hello'))
      expect((await entry(`${root}/a.txt`)).checksums).toEqual([`SHA256:${sha256('hello')}`])
      expect(await refusal(files.hash(`${root}/none`, 'md5'))).toEqual({ code: 'not-found', status: 404 })
    })

    it('knows the room that is left', async () => {
      const free = await files.freeBytes()
      expect(free === undefined || free > 1000).toBe(true)
    })

    describe('many at once', () => {
      it('writes many small files, over what was there too', async () => {
        await files.makeFolder(`${root}/bulk`)
        const parts = [...names, 'missing/x.txt'].filter((name) => files.abilities.bulkTakes(name) && name.split('/').every((part) => files.abilities.refusesName(part) === undefined)).map((name) => ({ path: `${root}/bulk/${name}`, bytes: Buffer.from(name === '0' ? '' : `content of ${name}\r\n`), mtime }))
        expect(parts.map(({ path }) => path)).not.toContain(`${root}/bulk/trailing space `)
        const outcomes = await files.writeMany(parts)
        expect([...outcomes.keys()].toSorted()).toEqual(parts.map(({ path }) => path).toSorted())
        const contentOf = (path: string): Uint8Array => parts.find((part) => part.path === path)?.bytes ?? Buffer.alloc(0)
        expect(outcomes.get(`${root}/bulk/missing/x.txt`)).toEqual({ ok: false, message: expect.any(String) as string })
        const there = await listed(`${root}/bulk`)
        expect(there.length).toBe(parts.length - 1)
        for (const { path, etag, fileId, size, mtime: stored } of there) {
          expect(outcomes.get(path)).toEqual({ ok: true, written: { etag, fileId, md5: md5(contentOf(path)) } })
          expect([stored, size]).toEqual([mtime, parts.find((part) => part.path === path)?.bytes.length])
        }
        const again = await files.writeMany([{ path: `${root}/bulk/plain.txt`, bytes: Buffer.from('new'), mtime: mtime + 9 }])
        expect(again.get(`${root}/bulk/plain.txt`)).toMatchObject({ ok: true })
        expect(await text(`${root}/bulk/plain.txt`)).toBe('new')
      })

      it('never sends a name that the server would change', async () => {
        for (const name of ['space ', ' ', 'tab\t', 'line\nX-OC-Mtime: 1', 'return\r']) {
          expect(files.abilities.bulkTakes(`${root}/${name}`)).toBe(false)
          expect(await refusal(files.writeMany([{ path: `${root}/${name}`, bytes: Buffer.from('x'), mtime }]))).toMatchObject({ code: 'bug' })
        }
      })

      it.for([true, false])('reads many files of a folder (whole: %s)', async (whole, { skip }) => {
        skip(!files.abilities.zip, 'no zip before 31')
        const folder = `${root}/zip-${whole}`
        await files.makeFolder(folder)
        await files.makeFolder(`${folder}/sub folder`)
        const wanted = new Map<string, Buffer>()
        for (const name of names.filter((one) => files.abilities.refusesName(one) === undefined)) wanted.set(`${folder}/${name.length % 2 === 0 ? 'sub folder/' : ''}${name}`, Buffer.from(`zip ${name}`))
        wanted.set(`${folder}/empty.bin`, Buffer.alloc(0))
        wanted.set(`${folder}/zero.txt`, Buffer.from('0'))
        wanted.set(`${folder}/large.bin`, randomBytes(300_000))
        for (const [path, bytes] of wanted) await write(path, bytes)
        const sizes = new Map([...wanted].map(([path, { length }]) => [path, length] as const))
        const got = new Map<string, Buffer>()
        for await (const { path, bytes } of files.readMany(folder, sizes, { whole })) got.set(path, bytes)
        expect([...got.keys()].toSorted()).toEqual([...wanted.keys()].toSorted())
        expect(sums(got)).toEqual(sums(wanted))
        const some = new Map([[`${folder}/zero.txt`, 1], [`${folder}/empty.bin`, 0]])
        const rest: string[] = []
        for await (const { path } of files.readMany(folder, some)) rest.push(path)
        expect(rest.toSorted()).toEqual([...some.keys()].toSorted())
      })

      it('stops at a file that has changed since', async ({ skip }) => {
        skip(!files.abilities.zip, 'no zip before 31')
        await files.makeFolder(`${root}/changing`)
        await write(`${root}/changing/a.txt`, 'as before')
        await write(`${root}/changing/b.txt`, 'longer than before')
        const known = new Map([[`${root}/changing/a.txt`, 9], [`${root}/changing/b.txt`, 6]])
        for (const whole of [true, false]) expect(await refusal(buffer(files.readMany(`${root}/changing`, known, { whole }) as never))).toEqual({ code: 'conflict', status: 200 })
      })

      it('splits a list that is too long for one address', async ({ skip }) => {
        skip(!files.abilities.zip, 'no zip before 31')
        await files.makeFolder(`${root}/long`)
        const parts = Array.from({ length: 60 }, (_, index) => ({ path: `${root}/long/${'é'.repeat(80)} ${index}.txt`, bytes: Buffer.from(`file ${index}`), mtime }))
        expect((await files.writeMany(parts)).size).toBe(60)
        const got: string[] = []
        for await (const { path, bytes } of files.readMany(`${root}/long`, new Map(parts.map(({ path, bytes }) => [path, bytes.length])))) {
          expect(bytes).toEqual(parts.find((part) => part.path === path)?.bytes)
          got.push(path)
        }
        expect(got.toSorted()).toEqual(parts.map(({ path }) => path).toSorted())
      })

      it('refuses all where one of the list is gone', async ({ skip }) => {
        skip(!files.abilities.zip, 'no zip before 31')
        const both = new Map([[`${root}/bulk/plain.txt`, 3], [`${root}/bulk/gone.txt`, 3]])
        expect(await refusal(buffer(files.readMany(`${root}/bulk`, both) as never))).toEqual({ code: 'not-found', status: 404 })
      })

      it('is not deceived by a folder named like the way to the account', async ({ skip }) => {
        skip(!files.abilities.zip, 'no zip before 31')
        const folder = `${root}/trap`
        for (const path of [folder, `${folder}/${made.remote.uid}`, `${folder}/${made.remote.uid}/files`, `${folder}/${made.remote.uid}/files/${root}`]) await files.makeFolder(path)
        await write(`${folder}/${made.remote.uid}/files/${root}/same.txt`, 'wrong')
        await write(`${folder}/same.txt`, 'right')
        const sizes = new Map([[`${folder}/same.txt`, 5], [`${folder}/${made.remote.uid}/files/${root}/same.txt`, 5]])
        const got: [string, string][] = []
        const all = async (whole: boolean): Promise<void> => {
          got.length = 0
          for await (const { path, bytes } of files.readMany(folder, sizes, { whole })) got.push([path, bytes.toString()])
        }
        await all(true).catch(() => undefined)
        for (const [path, content] of got) expect([path, content]).toEqual([path, path === `${folder}/same.txt` ? 'right' : 'wrong'])
        await all(false)
        expect(got).toContainEqual([`${folder}/same.txt`, 'right'])
      })
    })

    describe('in parts', () => {
      const part = (letter: string, length: number): Buffer => Buffer.alloc(length, letter)

      it('takes a file in parts, also out of order and after a break', async () => {
        const id = `chaton-${randomBytes(8).toString('hex')}`
        const target = `${root}/großes %+#.bin`
        const [first, second, third] = [part('a', 5 * 2 ** 20), part('b', 5 * 2 ** 20), part('c', 1000)]
        const total = first.length + second.length + third.length
        const upload = files.chunked(id, target)
        expect(await upload.parts()).toEqual(new Map())
        await upload.begin(total)
        await upload.begin(total)
        expect(await upload.parts()).toEqual(new Map())
        expect([await upload.put(2, body(second), total), await upload.put(1, body(first), total)]).toEqual([second, first].map(md5))
        const later = files.chunked(id, target)
        expect(await later.parts()).toEqual(new Map([[1, first.length], [2, second.length]]))
        expect(await refusal(later.finish(total, { over: 'new', mtime }))).toEqual({ code: 'remote-failed', status: 400 })
        await later.put(3, body(third), total)
        const written = await later.finish(total, { over: 'new', mtime, ctime: 1_500_000_000 })
        const found = await entry(target)
        expect(found).toMatchObject({ size: total, mtime, ctime: 1_500_000_000 })
        expect([written.etag ?? found.etag, written.fileId ?? found.fileId]).toEqual([found.etag, found.fileId])
        const hash = sha256(Buffer.concat([first, second, third]))
        expect(await files.hash(target, 'sha256')).toBe(hash)
        expect(written.md5).toBeUndefined()
        expect(await later.parts()).toEqual(new Map())
        expect(await refusal(later.finish(total, { over: 'new', mtime }))).toEqual({ code: 'conflict', status: 412 })
        await files.remove(target, found.etag)
        expect(await refusal(later.finish(total, { over: 'new', mtime }))).toEqual({ code: 'not-found', status: 404 })
        await later.abort()
      })

      it('never finishes over what it does not know', async () => {
        const target = `${root}/there.bin`
        const { etag = '' } = await write(target, 'there')
        const upload = files.chunked(`chaton-${randomBytes(8).toString('hex')}`, target)
        await upload.begin(6)
        await upload.put(1, body('parts!'), 6)
        expect(await refusal(upload.finish(6, { over: 'new', mtime }))).toEqual({ code: 'conflict', status: 412 })
        expect(await refusal(upload.finish(6, { over: { etag: 'other' }, mtime }))).toEqual({ code: 'conflict', status: 412 })
        expect(await text(target)).toBe('there')
        await upload.finish(6, { over: { etag }, mtime })
        expect(await text(target)).toBe('parts!')
      })

      it('gives a long name', async () => {
        const target = `${root}/${'ü'.repeat(123)}.bin`
        const finish = async (content: string, over: Over): Promise<Written> => {
          const upload = files.chunked(`chaton-${randomBytes(8).toString('hex')}`, target)
          await upload.begin(content.length)
          await upload.put(1, body(content), content.length)
          return await upload.finish(content.length, { over, mtime })
        }
        const { etag = '' } = await finish('long name', 'new')
        expect(await text(target)).toBe('long name')
        expect(await refusal(finish('second', 'new'))).toEqual({ code: 'conflict', status: 412 })
        expect(await refusal(finish('second', { etag: 'other' }))).toMatchObject({ code: 'conflict' })
        await finish('second', { etag: etag === '' ? (await entry(target)).etag : etag })
        expect(await entry(target)).toMatchObject({ size: 6, mtime })
      })

      it('gives up', async () => {
        const upload = files.chunked(`chaton-${randomBytes(8).toString('hex')}`, `${root}/never.bin`)
        await upload.begin(6)
        await upload.put(1, body('parts!'), 6)
        await upload.abort()
        await upload.abort()
        expect(await upload.parts()).toEqual(new Map())
        expect(await files.stat(`${root}/never.bin`)).toBeUndefined()
      })
    })
  })
}
