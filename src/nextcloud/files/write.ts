import { textOf, type StreamedBody } from '../../kit/http-stream.ts'
import { refusal, type Remote } from '../remote.ts'
import type { Over, WriteOptions, Written } from './contract.ts'
import { writtenIn } from './entry.ts'
import { addressOf } from './paths.ts'
import type { Manners } from './quirks.ts'
import { stagingFor, unstage } from './staged.ts'

/** After the last byte a server may still copy the file to its storage. */
const patienceMs = 600_000
const earliestTime = 86_401

interface Writing {
  readonly body: StreamedBody
  readonly options: WriteOptions
  readonly manners: Pick<Manners, 'longestPut'>
}

export async function writeFile(remote: Remote, path: string, { body, options, manners }: Writing): Promise<Written> {
  const staging = stagingFor(path, manners)
  if (staging === undefined) return await put(remote, path, { body, headers: { ...precondition(options.over), ...headersOf(options) } })
  const { md5 } = await put(remote, staging, { body, headers: headersOf(options) })
  return { ...(await unstage(remote, { staging, path, over: options.over })), md5 }
}

async function put(remote: Remote, path: string, { body, headers }: { readonly body: StreamedBody; readonly headers: Readonly<Record<string, string>> }): Promise<Written> {
  const answer = await remote.send(addressOf(remote.uid, path), {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream', ...headers },
    body,
    idleTimeoutMs: patienceMs,
  })
  const text = await textOf(answer)
  if (answer.status === 201 || answer.status === 204 || answer.status === 200) return writtenIn(answer)
  body.stream.destroy()
  throw refusal(`writing "${path}"`, { ...answer, text })
}

const headersOf = ({ hashed = true, ...times }: WriteOptions): Record<string, string> => ({ ...(hashed ? { 'x-hash': 'md5' } : {}), ...timeHeaders(times) })

const precondition = (over: Over): Record<string, string> => (over === 'new' ? { 'if-none-match': '*' } : { 'if-match': `"${over.etag}"` })

/** Servers answer 500 to times of the first day of 1970 and before (MtimeSanitizer): such a file gets the time of its arrival. */
export function timeHeaders({ mtime, ctime }: Pick<WriteOptions, 'mtime' | 'ctime'>): Record<string, string> {
  return {
    ...(mtime >= earliestTime ? { 'x-oc-mtime': String(Math.floor(mtime)) } : {}),
    ...(ctime !== undefined && ctime >= earliestTime ? { 'x-oc-ctime': String(Math.floor(ctime)) } : {}),
  }
}
