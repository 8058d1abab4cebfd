/** What differs between releases, where a server cannot be asked. Files were read, and everything run, on 28.0.2, 29.0.1, 32.0.1 and 34.0.1. */
export interface Manners {
  /** `GET` of a folder with `Accept: application/zip`. */
  readonly zip: boolean
  /** `POST /remote.php/dav/bulk`. */
  readonly bulk: boolean
  /** Header of a bulk part that carries its hash. */
  readonly bulkHash: 'X-File-MD5' | 'OC-Checksum'
  /** `X-Hash` on PUT, `X-Recalculate-Hash` on PATCH. */
  readonly serverHash: boolean
  /** Bytes of a part of a chunked upload, where the server does not say. */
  readonly chunkMost: number
  /** Bytes of the longest name that PUT takes, on a disk with names of 255 bytes. */
  readonly longestPut: number
}

interface Quirk {
  /** First major release that behaves so. */
  readonly since: number
  readonly manners: Partial<Manners>
  readonly evidence: string
}

const quirks: readonly Quirk[] = [
  { since: 24, manners: { serverHash: true }, evidence: 'X-Hash: server#19351; X-Recalculate-Hash: server#27378, apps/dav/lib/Connector/Sabre/ChecksumUpdatePlugin.php' },
  { since: 25, manners: { bulk: true }, evidence: 'on by default again: server#33697; 23 and 24 wrote no capability because of desktop#4243' },
  { since: 30, manners: { chunkMost: 100 * 2 ** 20 }, evidence: 'default of files.chunked_upload.max_size: apps/files/lib/Service/ChunkedUploadConfig.php' },
  { since: 31, manners: { zip: true }, evidence: 'server#48098, apps/dav/lib/Connector/Sabre/ZipFolderPlugin.php; 30 and before answer an empty page' },
  { since: 32, manners: { bulkHash: 'OC-Checksum' }, evidence: 'MultipartRequestParser::validateHash takes any hash; in 28 and 29 readPartHeaders demands X-File-MD5' },
  { since: 32, manners: { longestPut: 250 }, evidence: 'server#51491; before, PUT wrote to <name>.ocTransferId<up to 10 digits>.part (28 bytes more) and answered 500' },
]

const oldest: Manners = { zip: false, bulk: false, bulkHash: 'X-File-MD5', serverHash: false, chunkMost: 10 * 2 ** 20, longestPut: 227 }

/** Manners of a release; later ones keep what earlier ones began. */
export function mannersOf(major: number): Manners {
  return quirks.filter(({ since }) => major >= since).reduce((manners, quirk) => ({ ...manners, ...quirk.manners }), oldest)
}
