import { textOf } from '../../kit/http-stream.ts'
import { readMultistatus, textIn } from '../multistatus.ts'
import { refusal, sendForText, type Remote } from '../remote.ts'
import type { RemoteFiles } from './contract.ts'
import { addressOf, namesInHref } from './paths.ts'
import { readAt } from './read.ts'
import { abilityOf } from './versions.ts'

/** Something deleted, or something inside of a deleted folder. */
export interface TrashEntry {
  /** Below the trash: `plan.odt.d1700000000`, `Photos.d1700000000/a.jpg`. */
  readonly path: string
  readonly folder: boolean
  /** As of the file before it was deleted. */
  readonly fileId: string
  /** Bytes; of a folder: of all below it. */
  readonly size: number
  /** Unix seconds: as servers tell it, the time of deletion (Helper::getTrashFiles); when it was changed they do not tell. */
  readonly mtime: number
  /** Where it was, from the account's root; empty for what is inside of a deleted folder. */
  readonly location: string
  /** Unix seconds; 0 for what is inside of a deleted folder. */
  readonly deletedAt: number
}

export const keepsTrash = ({ facts }: Remote): boolean => abilityOf(facts.capabilities, 'undelete')

const question = `<?xml version="1.0"?><d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns"><d:prop>${[
  'd:resourcetype', 'd:getlastmodified', 'd:getcontentlength', 'oc:fileid', 'oc:size', 'nc:trashbin-original-location', 'nc:trashbin-deletion-time',
]
  .map((name) => `<${name}/>`)
  .join('')}</d:prop></d:propfind>`

const placeOf = (remote: Remote, path: string): string => addressOf(remote.uid, `trash/${path}`, 'trashbin')

/** What is directly in the trash (`''`), or in a deleted folder. */
export async function listTrash(remote: Remote, path: string): Promise<TrashEntry[]> {
  const answer = await remote.send(placeOf(remote, path), { method: 'PROPFIND', headers: { depth: '1', 'content-type': 'application/xml' }, body: question })
  if (answer.status !== 207) throw refusal('listing the trash', { ...answer, text: await textOf(answer) })
  const found: TrashEntry[] = []
  for await (const { href, props } of readMultistatus(answer.body)) {
    const own = namesInHref(href).slice(1).join('/')
    if (own === path) continue
    const folder = typeof props['resourcetype'] === 'object' && 'collection' in props['resourcetype']
    found.push({
      path: own,
      folder,
      fileId: textIn(props['fileid']),
      size: Number(textIn(props[folder ? 'size' : 'getcontentlength'])) || 0,
      mtime: Math.floor(Date.parse(textIn(props['getlastmodified'])) / 1000) || 0,
      location: path === '' ? textIn(props['trashbin-original-location']).replace(/^\/+/, '').normalize('NFC') : '',
      deletedAt: Number(textIn(props['trashbin-deletion-time'])) || 0,
    })
  }
  return found
}

export async function readTrashed(remote: Remote, path: string): ReturnType<RemoteFiles['read']> {
  return await readAt(remote, { address: placeOf(remote, path), path })
}

/** For good. Missing is fine. */
export async function deleteTrashed(remote: Remote, path: string): Promise<void> {
  const answer = await sendForText(remote, placeOf(remote, path), { method: 'DELETE' })
  if (answer.status !== 204 && answer.status !== 404) throw refusal(`deleting "${path}" from the trash`, answer)
}
