import type { StreamAnswer } from '../../kit/http-stream.ts'
import { textIn, type DavResponse } from '../multistatus.ts'
import type { RemoteEntry, Written } from './contract.ts'

/** What a PROPFIND asks for, to fill a {@link RemoteEntry}. */
export const entryQuestion = `<?xml version="1.0"?><d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns"><d:prop>${[
  'd:resourcetype', 'd:getetag', 'd:getlastmodified', 'd:getcontentlength', 'oc:fileid', 'oc:size', 'oc:permissions', 'oc:favorite', 'oc:checksums',
  'nc:creation_time', 'nc:mount-type', 'nc:is-encrypted',
]
  .map((name) => `<${name}/>`)
  .join('')}</d:prop></d:propfind>`

export function entryOf(path: string, { props }: DavResponse): RemoteEntry {
  const folder = typeof props['resourcetype'] === 'object' && 'collection' in props['resourcetype']
  const ctime = numberIn(props['creation_time'])
  return {
    path,
    folder,
    fileId: textIn(props['fileid']),
    etag: unquoted(textIn(props['getetag'])),
    size: numberIn(folder ? props['size'] : props['getcontentlength']) ?? numberIn(props['size']) ?? 0,
    mtime: Math.floor(Date.parse(textIn(props['getlastmodified'])) / 1000) || 0,
    ctime: ctime === undefined || ctime <= 0 ? undefined : ctime,
    favourite: textIn(props['favorite']) === '1',
    permissions: textIn(props['permissions']),
    mountType: textIn(props['mount-type']),
    encrypted: textIn(props['is-encrypted']) === '1',
    checksums: checksumsIn(props['checksums']),
  }
}

/** Without quotes and weakness: a proxy that compresses makes `W/"…"` of it. */
export const unquoted = (etag: string): string => etag.trim().replace(/^W\//, '').replace(/^"(.*)"$/, '$1')

function numberIn(value: DavResponse['props'][string] | undefined): number | undefined {
  const text = textIn(value).trim()
  return /^-?\d+(\.\d+)?(e\+?\d+)?$/i.test(text) ? Number(text) : undefined
}

/** `<oc:checksum>SHA1:… MD5:…</oc:checksum>`: several, parted by spaces. */
function checksumsIn(value: DavResponse['props'][string] | undefined): string[] {
  if (typeof value !== 'object' || !('checksum' in value)) return []
  return [value['checksum']].flat().flatMap((item) => (typeof item === 'string' ? item.split(/\s+/) : [])).filter((item) => item !== '')
}

/** What the headers of an answer say of a file just written. */
export function writtenIn(answer: Pick<StreamAnswer, 'headers'>): Written {
  const { headers } = answer
  return { etag: etagIn(answer), fileId: shortFileId(headers['oc-fileid']), md5: headers['x-hash-md5']?.toLowerCase() }
}

/** `OC-ETag` says it also where a proxy took the other away. */
export function etagIn({ headers }: Pick<StreamAnswer, 'headers'>): string | undefined {
  const etag = headers['oc-etag'] ?? headers['etag']
  return etag === undefined ? undefined : unquoted(etag)
}

/** `00000123oc4f…` is the file's number and the instance's name (DavUtil::getDavFileId); instances of ownCloud's time have names without `oc`, where the end of the number cannot be told. */
export function shortFileId(long: string | undefined): string | undefined {
  return /^0*(\d+)oc/.exec(long ?? '')?.[1]
}
