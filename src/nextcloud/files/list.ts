import { ChatonError } from '../../kit/errors.ts'
import { textOf, type StreamAnswer } from '../../kit/http-stream.ts'
import { readMultistatus, textIn, type DavResponse } from '../multistatus.ts'
import { refusal, type Remote } from '../remote.ts'
import type { RemoteEntry } from './contract.ts'
import { entryOf, entryQuestion } from './entry.ts'
import { addressOf, namesInHref } from './paths.ts'

/** A server may look at a folder of many thousand entries for minutes before its first byte. */
const patienceMs = 600_000

async function ask(remote: Remote, path: string, depth: '0' | '1', question: string): Promise<StreamAnswer> {
  return await remote.send(addressOf(remote.uid, path), {
    method: 'PROPFIND',
    headers: { depth, 'content-type': 'application/xml', prefer: 'return=minimal' },
    body: question,
    idleTimeoutMs: patienceMs,
  })
}

export async function* listFolder(remote: Remote, path: string): AsyncGenerator<RemoteEntry> {
  const answer = await ask(remote, path, '1', entryQuestion)
  if (answer.status !== 207) throw refusal(`listing "${path}"`, { ...answer, text: await textOf(answer) })
  let folder = false
  for await (const response of readMultistatus(answer.body)) {
    const found = namesInHref(response.href).join('/')
    const entry = entryOf(found, response)
    if (found === path) folder = entry.folder
    else if (isChild(found, path)) yield entry
    else throw new ChatonError('remote-failed', `asked for the list of "${path}", the server told of "${found}"`)
  }
  if (!folder) throw new ChatonError('not-found', `"${path}" is not a folder`, { data: { status: 404 } })
}

const isChild = (path: string, folder: string): boolean => (folder === '' ? !path.includes('/') : path.startsWith(`${folder}/`) && !path.includes('/', folder.length + 1))

export async function statPath(remote: Remote, path: string): Promise<RemoteEntry | undefined> {
  const response = await lookAt(remote, path, entryQuestion)
  return response === undefined ? undefined : entryOf(path, response)
}

async function lookAt(remote: Remote, path: string, question: string): Promise<DavResponse | undefined> {
  const answer = await ask(remote, path, '0', question)
  if (answer.status !== 207) {
    const text = await textOf(answer)
    if (answer.status === 404) return undefined
    throw refusal(`looking at "${path}"`, { ...answer, text })
  }
  let first: DavResponse | undefined
  for await (const response of readMultistatus(answer.body)) first ??= response
  return first
}

const quotaQuestion = '<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:prop><d:quota-available-bytes/></d:prop></d:propfind>'

/** Negative figures of the server mean "not limited" (FileInfo::SPACE_UNLIMITED and its kin). */
export async function freeBytes(remote: Remote): Promise<number | undefined> {
  const root = await lookAt(remote, '', quotaQuestion)
  const text = textIn(root?.props['quota-available-bytes'])
  return /^\d/.test(text) ? Number(text) : undefined
}
