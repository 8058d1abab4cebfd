import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readZip } from '../../../src/nextcloud/files/zip/reader.ts'
import { failureOf } from '../../support/failures.ts'

interface Member {
  readonly name: string
  readonly bytes?: Buffer
  /** What the descriptor claims, where it lies. */
  readonly crc?: number
  readonly size?: number
  readonly method?: number
  /** Sizes in front, no descriptor. */
  readonly plain?: boolean
  /** What the header claims to be the size, with `plain`. */
  readonly claimed?: number
}

const le = (width: 2 | 4 | 8, value: number): Buffer => {
  const bytes = Buffer.alloc(width)
  if (width === 8) bytes.writeBigUInt64LE(BigInt(value))
  else bytes.writeUIntLE(value, 0, width)
  return bytes
}

const extraOf = (size: number, zip64: boolean): Buffer => (zip64 ? Buffer.concat([le(2, 1), le(2, 28), le(8, size), le(8, size), le(8, 0), le(4, 0)]) : Buffer.alloc(0))

function descriptorOf({ crc, size }: { readonly crc: number; readonly size: number }, zip64: boolean): Buffer[] {
  const width = zip64 ? 8 : 4
  return [le(4, 0x0807_4b50), le(4, crc), le(width, size), le(width, size)]
}

/** As ZipStreamer of Nextcloud writes a member: stored, zip64 with sizes of -1, a descriptor behind. */
function memberBytes({ name, bytes = Buffer.alloc(0), ...claims }: Member, zip64: boolean): Buffer {
  const { crc = crc32(bytes), size = bytes.length, claimed = bytes.length, method = 0, plain = false } = claims
  const described = !name.endsWith('/') && !plain
  const shown = described ? 0 : claimed
  const extra = extraOf(shown, zip64)
  const sizes = [0, 1].map(() => le(4, zip64 ? 0xffff_ffff : shown))
  const title = Buffer.from(name)
  const header = [le(4, 0x0403_4b50), le(2, zip64 ? 45 : 20), le(2, described ? 0x0808 : 0x0800), le(2, method), le(4, 0), le(4, described ? 0 : crc), ...sizes, le(2, title.length), le(2, extra.length), title, extra]
  return Buffer.concat([...header, bytes, ...(described ? descriptorOf({ crc, size }, zip64) : [])])
}

const end = Buffer.concat([le(4, 0x0605_4b50), Buffer.alloc(18)])
const end64 = Buffer.concat([le(4, 0x0606_4b50), le(8, 44), Buffer.alloc(44), le(4, 0x0706_4b50), Buffer.alloc(16)])

function record({ name, bytes = Buffer.alloc(0), crc = crc32(bytes), size = bytes.length }: Member, zip64: boolean): Buffer {
  const extra = extraOf(size, zip64)
  const shown = zip64 ? 0xffff_ffff : size
  const title = Buffer.from(name)
  return Buffer.concat([le(4, 0x0201_4b50), Buffer.alloc(12), le(4, crc), le(4, shown), le(4, shown), le(2, title.length), le(2, extra.length), Buffer.alloc(14), title, extra])
}
const archive = (members: readonly Member[], zip64 = true): Buffer =>
  Buffer.concat([...members.map((member) => memberBytes(member, zip64)), ...members.map((member) => record(member, zip64)), ...(zip64 ? [end64] : []), end])

function inPieces(bytes: Buffer, size: number): Readable {
  return Readable.from(Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size)))
}

/** What is handed out, or why nothing is. */
async function read(bytes: Buffer, sizes: Readonly<Record<string, number>>, piece = 1 << 16): Promise<{ got?: Record<string, string>; error?: string; code?: string; retryable?: boolean }> {
  try {
    const contents = await readZip(inPieces(bytes, piece), (name) => (Object.hasOwn(sizes, name) ? sizes[name] : undefined))
    return { got: Object.fromEntries([...contents].map(([name, content]) => [name, content.toString()])) }
  } catch (error) {
    const { message, code, retryable } = await failureOf(Promise.reject(error))
    return { error: message, code, retryable }
  }
}
const text = (name: string, content: string): Member => ({ name, bytes: Buffer.from(content) })

describe('src/nextcloud/files/zip', () => {
  const good = [{ name: 'Docs/' }, text('Docs/a.txt', 'alpha'), text('Docs/empty', ''), text('Docs/sub/é 0', '0'), text('Docs/b.txt', 'beta')]
  const sizes = { 'Docs/a.txt': 5, 'Docs/empty': 0, 'Docs/sub/é 0': 1, 'Docs/b.txt': 4 }
  const contents = { 'Docs/a.txt': 'alpha', 'Docs/empty': '', 'Docs/sub/é 0': '0', 'Docs/b.txt': 'beta' }

  describe.each([true, false])('zip64: %s', (zip64) => {
    it.each([1, 2, 3, 7, 31, 1000, 1 << 16])('reads members in pieces of %i bytes', async (piece) => {
      expect(await read(archive(good, zip64), sizes, piece)).toEqual({ got: contents })
    })

    it('reads members with their sizes in front', async () => {
      expect(await read(archive(good.map((member) => ({ ...member, plain: true })), zip64), sizes, 3)).toEqual({ got: contents })
    })

    it('skips what nobody asked for, where its size stands in front', async () => {
      const members = good.map((member) => ({ ...member, plain: true }))
      expect(await read(archive(members, zip64), { 'Docs/b.txt': 4 }, 3)).toEqual({ got: { 'Docs/b.txt': 'beta' } })
      expect((await read(archive(members, zip64), { ...sizes, 'Docs/a.txt': 6 }, 3)).got).toEqual({ 'Docs/empty': '', 'Docs/sub/é 0': '0', 'Docs/b.txt': 'beta' })
    })

    it('stops at what is new or has another size: where it ends is never guessed', async () => {
      const { 'Docs/sub/é 0': _left, ...known } = sizes
      expect(await read(archive(good, zip64), known, 3)).toEqual({ error: '"Docs/sub/é 0" was not expected in the archive', code: 'conflict', retryable: false })
      for (const wrong of [0, 3, 5, 20]) expect(await read(archive(good, zip64), { ...sizes, 'Docs/b.txt': wrong }, 3)).toMatchObject({ code: 'conflict', error: expect.stringContaining('has changed') as string })
    })

    it('reads members that look like archives', async () => {
      const inner = archive(good, zip64)
      const members = [{ name: 'inner.zip', bytes: inner }, { name: 'mark', bytes: Buffer.from('PK\u0007\u0008') }, text('last', 'last')]
      expect((await read(archive(members, zip64), { 'inner.zip': inner.length, mark: 4, last: 4 }, 5)).got?.['last']).toBe('last')
    })

    /** A file of `before` bytes as it was listed, that has since become one that imitates the end of itself and the next member. */
    const trap = (before: string, after: Buffer): Member => ({ name: 'trap', bytes: Buffer.concat([memberBytes(text('x', before), zip64).subarray(-(before.length + (zip64 ? 24 : 16))), after]) })

    it('takes nothing from a file that grew into an imitation of others', async () => {
      const fake = memberBytes(text('salary', 'a lot'), zip64)
      const swallow = memberBytes({ name: 'swallow', plain: true, claimed: (zip64 ? 24 : 16) + memberBytes(text('salary', 'fair!'), zip64).length }, zip64)
      const ownEnd = Buffer.concat([record(text('trap', 'x'), zip64), record(text('salary', 'a lot'), zip64), ...(zip64 ? [end64] : []), end])
      for (const after of [fake, Buffer.concat([fake, ownEnd]), Buffer.concat([fake, swallow]), ownEnd]) {
        const bytes = archive([trap('x', after), text('salary', 'fair!')], zip64)
        expect(await read(bytes, { trap: 1, salary: 5 })).toMatchObject({ code: expect.stringMatching(/conflict|remote-failed/) as string })
        expect((await read(bytes, { trap: trap('x', after).bytes?.length ?? 0, salary: 5 })).got?.['salary']).toBe('fair!')
      }
    })

    it('never hands out a content of the wrong CRC', async () => {
      const members = [text('a', 'alpha'), { ...text('b', 'beta'), crc: 1, plain: true }, text('c', 'gamma')]
      expect(await read(archive(members, zip64), { a: 5, b: 4, c: 5 })).toEqual({ got: { a: 'alpha', c: 'gamma' } })
      const bytes = archive([text('a', 'alpha'), text('b', 'beta'), text('c', 'gamma')], zip64)
      bytes[bytes.indexOf('beta')] = 0x58
      expect(await read(bytes, { a: 5, b: 4, c: 5 })).toEqual({ got: { a: 'alpha', c: 'gamma' } })
    })

    it('says that it breaks off, wherever that is', async () => {
      const whole = archive(good, zip64)
      for (let length = 0; length < whole.length; length += 1) {
        expect(await read(whole.subarray(0, length), sizes, 50)).toMatchObject({ code: 'remote-failed', retryable: true, error: expect.stringMatching(/broken/) as string })
      }
    })

    it('refuses what comes after its end, and a directory of others', async () => {
      expect(await read(Buffer.concat([archive(good, zip64), Buffer.from('more')]), sizes)).toMatchObject({ code: 'remote-failed' })
      const members = good.map((member) => memberBytes(member, zip64))
      const directory = good.map((member) => record(member, zip64))
      for (const other of [directory.slice(1), [...directory, directory[0]!], directory.toReversed(), directory.with(1, record(text('Docs/a.txt', 'other'), zip64))]) {
        expect(await read(Buffer.concat([...members, ...other, end]), sizes)).toMatchObject({ code: 'conflict' })
      }
    })
  })

  it('passes on the error that a server writes into the archive, with status 200', async () => {
    const xml = '<?xml version="1.0" encoding="utf-8"?>\n<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"><s:exception>X</s:exception><s:message>Requested file can currently not be accessed.</s:message></d:error>'
    const one = memberBytes(text('a', 'alpha'), true)
    const half = memberBytes({ name: 'b', bytes: Buffer.alloc(2000, 'b') }, true).subarray(0, 1000)
    const plainHalf = memberBytes({ name: 'b', bytes: Buffer.alloc(2000, 'b'), plain: true }, true).subarray(0, 1000)
    expect((await read(Buffer.concat([one, plainHalf, Buffer.from(xml)]), { a: 5, b: 2000 }, 100)).error).toContain('Requested file can currently not be accessed.')
    for (const before of [[one], [one, half]]) {
      for (const size of [1100, 2000]) {
        expect(await read(Buffer.concat([...before, Buffer.from(xml)]), { a: 5, b: size }, 100)).toMatchObject({ code: 'remote-failed', retryable: true, error: expect.stringContaining('Requested file can currently not be accessed.') as string })
      }
    }
    expect((await read(Buffer.from(xml), { a: 5 })).error).toContain('Requested file')
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a web page', Buffer.from('<html>Sign in</html>')],
    ['noise', randomBytes(5000)],
    ['zeros', Buffer.alloc(5000)],
    ['two archives', Buffer.concat([memberBytes(text('a', 'alpha'), true), Buffer.from('PK\u0003\u0003', 'latin1'), archive([text('b', 'beta')])])],
  ])('refuses %s', async (_title, bytes) => {
    expect(await read(bytes, { a: 5, b: 4 })).toMatchObject({ error: expect.stringMatching(/broken/) as string, retryable: true })
  })

  it('takes an archive of nothing', async () => {
    expect(await read(end, {})).toEqual({ got: {} })
    expect(await read(Buffer.concat([end64, end]), {})).toEqual({ got: {} })
  })

  it('refuses compressed members, which no Nextcloud sends', async () => {
    expect((await read(archive([{ ...text('a', 'alpha'), method: 8 }]), { a: 5 })).error).toContain('compressed')
  })

  it('takes no memory for what a header claims', async () => {
    const claimed = { ...text('huge', 'small'), plain: true, claimed: 2 ** 40 }
    expect(await read(archive([claimed]), { huge: 5 })).toMatchObject({ error: expect.stringContaining('ends') as string })
    expect(await read(archive([claimed]), {})).toMatchObject({ error: expect.stringContaining('ends') as string })
  })

  it('trusts no names once a folder comes twice', async () => {
    const members = [{ name: 'Docs/' }, text('Docs/a', 'right'), { name: 'Docs/' }, text('Docs/b', 'wrong')]
    expect(await read(archive(members), { 'Docs/a': 5, 'Docs/b': 5 })).toMatchObject({ code: 'conflict', error: expect.stringContaining('twice') as string })
  })

  it('stops a stream that it does not read to its end', async () => {
    const source = inPieces(archive(good), 10)
    await failureOf(readZip(source, () => undefined))
    expect(source.destroyed).toBe(true)
  })

  it('reads back any contents, however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), fc.integer({ min: 1, max: 400 }), fc.boolean(), async (files, piece, zip64) => {
        const members = files.map((bytes, index) => ({ name: `f${index}`, bytes: Buffer.from(bytes) }))
        const found = await readZip(inPieces(archive(members, zip64), piece), (name) => members[Number(name.slice(1))]?.bytes.length)
        expect([...found.values()].map((bytes) => bytes.toString('hex'))).toEqual(members.map(({ bytes }) => bytes.toString('hex')))
      }),
      { numRuns: 60 },
    )
  })

  it('survives any damage of one byte: what is handed out is right', async () => {
    const whole = archive(good)
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bytes = Buffer.from(whole)
        bytes[at] = (bytes[at] ?? 0) ^ flip
        for (const [name, content] of Object.entries((await read(bytes, sizes)).got ?? {})) expect(content).toBe(contents[name as keyof typeof contents])
      }),
      { numRuns: 300 },
    )
  })
})
