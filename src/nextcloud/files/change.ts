import { ChatonError } from '../../kit/errors.ts'
import { readMultistatus } from '../multistatus.ts'
import { textOf } from '../../kit/http-stream.ts'
import { refusal, sendForText, type Remote } from '../remote.ts'
import { statPath } from './list.ts'
import { addressOf } from './paths.ts'

export async function makeFolder(remote: Remote, path: string): Promise<boolean> {
  const answer = await sendForText(remote, addressOf(remote.uid, path), { method: 'MKCOL' })
  if (answer.status === 201) return true
  if (answer.status !== 405) throw orMissingParent(refusal(`making the folder "${path}"`, answer), path)
  const there = await statPath(remote, path)
  if (there?.folder === true) return false
  throw new ChatonError('conflict', `a file has the name of the folder "${path}"`, { data: { status: 405 } })
}

export async function movePath(remote: Remote, from: string, to: string): Promise<void> {
  const headers = { destination: remote.base + addressOf(remote.uid, to), overwrite: 'F' }
  const answer = await sendForText(remote, addressOf(remote.uid, from), { method: 'MOVE', headers })
  if (answer.status !== 201 && answer.status !== 204) throw orMissingParent(refusal(`moving "${from}" to "${to}"`, answer), to)
}

/** 409 says that there is no folder to put something in (RFC 4918, 9.3.1 and 9.9.4). */
function orMissingParent(error: ChatonError, path: string): ChatonError {
  if (error.data['status'] !== 409) return error
  return new ChatonError('not-found', `the folder around "${path}" does not exist`, { data: error.data, cause: error })
}

/** `If-Match` speaks of files only (Sabre\DAV\Server::checkPreconditions): a folder is looked at first, and may change in between. */
export async function removePath(remote: Remote, path: string, etag: string): Promise<void> {
  if (await removed(remote, path, { 'if-match': `"${etag}"` })) return
  const there = await statPath(remote, path)
  if (there === undefined) return
  const same = there.folder && there.etag === etag
  if (same && (await removed(remote, path, {}))) return
  throw new ChatonError('conflict', `"${path}" has changed since: it was not deleted`, { data: { status: 412 } })
}

/** False for 412. */
async function removed(remote: Remote, path: string, headers: Readonly<Record<string, string>>): Promise<boolean> {
  const answer = await sendForText(remote, addressOf(remote.uid, path), { method: 'DELETE', headers })
  if (answer.status === 412) return false
  if (answer.status === 204 || answer.status === 200 || answer.status === 404) return true
  throw refusal(`deleting "${path}"`, answer)
}

export async function setTimes(remote: Remote, path: string, { mtime, ctime }: { readonly mtime: number; readonly ctime?: number | undefined }): Promise<void> {
  const created = ctime === undefined ? '' : `<nc:creation_time>${Math.floor(ctime)}</nc:creation_time>`
  await setProperties(remote, path, `<d:lastmodified>${Math.floor(mtime)}</d:lastmodified>${created}`)
}

export async function setFavourite(remote: Remote, path: string, favourite: boolean): Promise<void> {
  await setProperties(remote, path, `<oc:favorite>${favourite ? 1 : 0}</oc:favorite>`)
}

const setProperties = async (remote: Remote, path: string, properties: string): Promise<void> => await setPropertiesAt(remote, { address: addressOf(remote.uid, path), path }, properties)

/** All or none (RFC 4918, 9.2). Throws `remote-failed` with the status of the first property refused. */
export async function setPropertiesAt(remote: Remote, { address, path }: { readonly address: string; readonly path: string }, properties: string): Promise<void> {
  const body = `<?xml version="1.0"?><d:propertyupdate xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns"><d:set><d:prop>${properties}</d:prop></d:set></d:propertyupdate>`
  const answer = await remote.send(address, { method: 'PROPPATCH', headers: { 'content-type': 'application/xml' }, body })
  if (answer.status !== 207) throw refusal(`setting properties of "${path}"`, { ...answer, text: await textOf(answer) })
  for await (const { refused } of readMultistatus(answer.body)) {
    const [first] = Object.entries(refused).filter(([, status]) => status !== 424)
    if (first !== undefined) throw new ChatonError('remote-failed', `"${path}": the server refused to set ${first[0]} (${first[1]})`, { data: { status: first[1] } })
  }
}
