import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { z } from 'zod'
import { ChatonError } from '../../kit/errors.ts'
import type { StreamedBody } from '../../kit/http-stream.ts'
import { randomName } from '../../kit/random.ts'
import { refusal, sendForText, type Remote } from '../remote.ts'
import { parseJson } from '../status.ts'
import type { BulkOutcome, BulkPart, FileAbilities } from './contract.ts'
import type { Manners } from './quirks.ts'
import { shortFileId } from './entry.ts'
import { timeHeaders } from './write.ts'

interface BulkRequest {
  readonly parts: readonly BulkPart[]
  readonly abilities: Pick<FileAbilities, 'bulkTakes'>
  readonly manners: Pick<Manners, 'bulkHash'>
}

/** BulkUploadPlugin.php. 400 comes with the parts written before a bad one; the rest of the body was not looked at. */
export async function writeMany(remote: Remote, { parts, abilities, manners }: BulkRequest): Promise<ReadonlyMap<string, BulkOutcome>> {
  const misfit = parts.find(({ path }) => !abilities.bulkTakes(path))
  if (misfit !== undefined) throw new ChatonError('bug', `"${misfit.path}" cannot be sent among many: it would get another name`)
  if (parts.length === 0) return new Map()
  const boundary = `chaton-${randomName(32)}`
  const hashed = parts.map((part) => ({ ...part, md5: md5Of(part.bytes) }))
  const body = bulkBody(hashed, boundary, manners.bulkHash)
  const answer = await sendForText(remote, '/remote.php/dav/bulk', {
    method: 'POST',
    headers: { 'content-type': `multipart/related; boundary=${boundary}` },
    body,
    idleTimeoutMs: 600_000,
  })
  // A server may refuse the batch without reading it.
  body.stream.destroy()
  const answers = answer.status === 200 || answer.status === 400 ? Answers.safeParse(parseJson(answer.text)) : undefined
  const outcomes = answers?.success === true ? outcomesIn(answers.data, hashed) : new Map<string, BulkOutcome>()
  if (outcomes.size === 0) throw refusal(`sending ${parts.length} files at once`, answer)
  return outcomes
}

interface HashedPart extends BulkPart {
  readonly md5: string
}

/**
 * Without preamble, and with a line end after the last boundary: MultipartRequestParser compares byte for byte. The contents are sent
 * from where they are: a copy of several batches at once is what memory would grow with.
 */
function bulkBody(parts: readonly HashedPart[], boundary: string, hashHeader: Manners['bulkHash']): StreamedBody {
  const pieces = parts.flatMap(({ path, bytes, mtime, md5 }) => {
    const hash = `${hashHeader === 'OC-Checksum' ? 'MD5:' : ''}${md5}`
    const times = Object.entries(timeHeaders({ mtime })).map(([name, value]) => `${name}: ${value}\r\n`).join('')
    return [`--${boundary}\r\nX-File-Path: /${path}\r\n${times}${hashHeader}: ${hash}\r\nContent-Length: ${bytes.byteLength}\r\n\r\n`, bytes, '\r\n']
  })
  const all = [...pieces, `--${boundary}--\r\n`].map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece))
  return { stream: Readable.from(all, { objectMode: false }), length: all.reduce((sum, { byteLength }) => sum + byteLength, 0) }
}

const md5Of = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')

const One = z.looseObject({ error: z.boolean(), etag: z.string().optional(), fileid: z.string().optional(), message: z.string().optional() })
const Answers = z.record(z.string(), One)

/** What was written has the hash that was sent: the server compares before it writes. */
function outcomesIn(answers: z.infer<typeof Answers>, parts: readonly HashedPart[]): Map<string, BulkOutcome> {
  const outcomes = new Map<string, BulkOutcome>()
  for (const { path, md5 } of parts) {
    const one = answers[`/${path}`]
    if (one === undefined) continue
    outcomes.set(path, one.error ? { ok: false, message: one.message ?? 'the server refused it without a reason' } : { ok: true, written: { etag: one.etag, fileId: shortFileId(one.fileid), md5 } })
  }
  return outcomes
}
