import { ChatonError } from '../../kit/errors.ts'
import { textOf } from '../../kit/http-stream.ts'
import { addressOf, namesInHref } from '../files/paths.ts'
import { askDav } from '../groupware/ask.ts'
import { readMultistatus, textIn, type DavResponse } from '../multistatus.ts'
import { refusal, sendForText, type Remote } from '../remote.ts'
import type { MakeTagOutcome, RemoteTags, SystemTag, TaggedFile } from './contract.ts'

const home = '/remote.php/dav/systemtags'
const relation = (fileId: string, tagId: string): string => `/remote.php/dav/systemtags-relations/files/${encodeURIComponent(fileId)}/${encodeURIComponent(tagId)}`

/** System tags over WebDAV (apps/dav/lib/SystemTag). */
export function openTags(remote: Remote): RemoteTags {
  return {
    list: async () => (await tagsAt(remote, `${home}/`)) ?? [],
    inUse: async () => await tagsInUse(remote),
    filesWith: (tagId) => filesWith(remote, tagId),
    make: async (name) => await makeTag(remote, name),
    setColor: async (tagId, color) => await setColor(remote, tagId, color),
    assign: async (fileId, tagId) => await assign(remote, fileId, tagId),
    withdraw: async (fileId, tagId) => await withdraw(remote, fileId, tagId),
  }
}

const tagQuestion =
  '<?xml version="1.0"?><d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns"><d:prop><oc:id/><oc:display-name/><oc:can-assign/><nc:color/></d:prop></d:propfind>'

/** Undefined where the server has no such place. */
async function tagsAt(remote: Remote, path: string): Promise<SystemTag[] | undefined> {
  const responses = await responsesAt(remote, path)
  return responses?.flatMap(({ props }) => {
    const [id, color] = [textIn(props['id']), textIn(props['color'])]
    if (id === '') return []
    return [{ id, name: textIn(props['display-name']), canAssign: textIn(props['can-assign']) === 'true', color: /^[0-9a-f]{6}$/i.test(color) ? color : undefined }]
  })
}

async function responsesAt(remote: Remote, path: string): Promise<readonly DavResponse[] | undefined> {
  try {
    return (await askDav(remote, path, { method: 'PROPFIND', depth: '1', body: tagQuestion, what: 'listing the tags' })).responses
  } catch (error) {
    if (error instanceof ChatonError && error.code === 'not-found') return undefined
    throw error
  }
}

/** Before 28 a server does not tell which are in use (SystemTagsInUseCollection.php): then all that it has. */
const tagsInUse = async (remote: Remote): Promise<SystemTag[]> => (await tagsAt(remote, remote.facts.major < 28 ? `${home}/` : '/remote.php/dav/systemtags-assigned/')) ?? []

/** FilesReportPlugin.php. A tag that is gone meanwhile answers 412. */
async function* filesWith(remote: Remote, tagId: string): AsyncGenerator<TaggedFile> {
  const body = `<?xml version="1.0"?><oc:filter-files xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop><oc:fileid/></d:prop><oc:filter-rules><oc:systemtag>${Number(tagId)}</oc:systemtag></oc:filter-rules></oc:filter-files>`
  const answer = await remote.send(`${addressOf(remote.uid, '')}/`, { method: 'REPORT', headers: { 'content-type': 'application/xml' }, body, idleTimeoutMs: 600_000 })
  if (answer.status !== 207) {
    const text = await textOf(answer)
    if (answer.status === 412) return
    throw refusal('listing the files with a tag', { ...answer, text })
  }
  for await (const { href, props } of readMultistatus(answer.body)) {
    const path = namesInHref(href).join('/')
    if (path !== '') yield { path, fileId: textIn(props['fileid']) }
  }
}

async function makeTag(remote: Remote, name: string): Promise<MakeTagOutcome> {
  const body = JSON.stringify({ name, userVisible: true, userAssignable: true })
  const answer = await sendForText(remote, home, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  if (answer.status === 409) return { outcome: 'taken' }
  if (answer.status === 403 || answer.status === 404) return { outcome: 'forbidden' }
  const id = /(\d+)\/?$/.exec(answer.headers['content-location'] ?? '')?.[1]
  if (answer.status !== 201 || id === undefined) throw refusal(`making the tag "${name}"`, answer)
  return { outcome: 'made', id }
}

/** Servers before 31 answer that it is set, and forget it. */
async function setColor(remote: Remote, tagId: string, color: string): Promise<boolean> {
  if (remote.facts.major < 31) return false
  const body = `<?xml version="1.0"?><d:propertyupdate xmlns:d="DAV:" xmlns:nc="http://nextcloud.org/ns"><d:set><d:prop><nc:color>${color}</nc:color></d:prop></d:set></d:propertyupdate>`
  const answer = await sendForText(remote, `${home}/${encodeURIComponent(tagId)}`, { method: 'PROPPATCH', headers: { 'content-type': 'application/xml' }, body })
  return answer.status === 207 && /HTTP\/1\.\d 200/.test(answer.text)
}

async function assign(remote: Remote, fileId: string, tagId: string): Promise<boolean> {
  const answer = await sendForText(remote, relation(fileId, tagId), { method: 'PUT' })
  if (answer.status === 201) return true
  if (answer.status === 409) return false
  throw refusal('setting a tag', answer)
}

async function withdraw(remote: Remote, fileId: string, tagId: string): Promise<void> {
  const answer = await sendForText(remote, relation(fileId, tagId), { method: 'DELETE' })
  if (![200, 204, 404].includes(answer.status)) throw refusal('withdrawing a tag', answer)
}
