import { textOf } from '../../kit/http-stream.ts'
import { readMultistatus, textIn } from '../multistatus.ts'
import { refusal, sendForText, type Remote } from '../remote.ts'
import { setPropertiesAt } from './change.ts'
import type { RemoteFiles } from './contract.ts'
import { addressOf, namesInHref } from './paths.ts'
import { readAt } from './read.ts'

/** A content that a file had, or has. */
export interface RemoteVersion {
  /** Its name at the server: Unix seconds, the time of modification of that content (LegacyVersionsBackend::createVersion). */
  readonly stamp: number
  /** Bytes. */
  readonly size: number
  /** Given by a person (`nc:version-label`, since 26); undefined: none. */
  readonly label: string | undefined
}

export const keepsVersions = ({ facts }: Remote): boolean => abilityOf(facts.capabilities, 'versioning')

/** A switch of `capabilities.files`. */
export function abilityOf(capabilities: Remote['facts']['capabilities'], name: string): boolean {
  const files = capabilities['files']
  return typeof files === 'object' && files !== null && (files as Readonly<Record<string, unknown>>)[name] === true
}

const question =
  '<?xml version="1.0"?><d:propfind xmlns:d="DAV:" xmlns:nc="http://nextcloud.org/ns"><d:prop><d:getcontentlength/><nc:version-label/></d:prop></d:propfind>'

const placeOf = (remote: Remote, fileId: string, stamp?: number): string => addressOf(remote.uid, `versions/${fileId}${stamp === undefined ? '' : `/${stamp}`}`, 'versions')

/** All versions of a file, its present content (under its time of modification) among them. Throws `not-found` where there is no such file. */
export async function listVersions(remote: Remote, fileId: string): Promise<RemoteVersion[]> {
  const answer = await remote.send(placeOf(remote, fileId), { method: 'PROPFIND', headers: { depth: '1', 'content-type': 'application/xml' }, body: question })
  if (answer.status !== 207) throw refusal(`listing the versions of the file ${fileId}`, { ...answer, text: await textOf(answer) })
  const found: RemoteVersion[] = []
  for await (const { href, props } of readMultistatus(answer.body)) {
    const stamp = Number(namesInHref(href).at(2))
    const label = textIn(props['version-label'])
    if (Number.isSafeInteger(stamp)) found.push({ stamp, size: Number(textIn(props['getcontentlength'])), label: label === '' ? undefined : label })
  }
  return found
}

export async function readVersion(remote: Remote, fileId: string, stamp: number): ReturnType<RemoteFiles['read']> {
  return await readAt(remote, { address: placeOf(remote, fileId, stamp), path: `version ${stamp} of the file ${fileId}` })
}

export interface Restoring {
  readonly fileId: string
  readonly stamp: number
  /** Where the file is, and the etag that it has: with another one nothing happens. */
  readonly path: string
  readonly etag: string
}

/**
 * Makes an old content, with its time, the present one; the server keeps the one before as a version (Storage::rollback). Throws
 * `conflict` where the file has changed, `not-found` where the version is gone.
 */
export async function restoreVersion(remote: Remote, { fileId, stamp, path, etag }: Restoring): Promise<void> {
  const headers = {
    destination: remote.base + addressOf(remote.uid, 'restore/target', 'versions'),
    // The condition is on the file, not on the version that is moved (RFC 4918, 10.4.2).
    if: `<${remote.base}${addressOf(remote.uid, path)}> (["${etag}"])`,
  }
  const answer = await sendForText(remote, placeOf(remote, fileId, stamp), { method: 'MOVE', headers })
  if (answer.status !== 201 && answer.status !== 204) throw refusal(`making the version ${stamp} of "${path}" the present one`, answer)
}

export async function labelVersion(remote: Remote, { fileId, stamp, label }: { readonly fileId: string; readonly stamp: number; readonly label: string }): Promise<void> {
  const text = label.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  await setPropertiesAt(remote, { address: placeOf(remote, fileId, stamp), path: `version ${stamp} of the file ${fileId}` }, `<nc:version-label>${text}</nc:version-label>`)
}
