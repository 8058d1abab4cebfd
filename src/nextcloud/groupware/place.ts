import type { Remote } from '../remote.ts'
import type { XmlName } from './xml.ts'

/** What differs between CalDAV (RFC 4791) and CardDAV (RFC 6352) for the objects of a collection. */
export interface Dialect {
  readonly data: XmlName
  readonly multiget: XmlName
  /** Elements to ask for the content with, in the order in which they are tried until the content is the one that is stored. */
  readonly asked: readonly string[]
  readonly contentType: string
  /** Added to every write and deletion. */
  readonly headers: Readonly<Record<string, string>>
  /** The content as it is stored, from what the report shows. */
  stored(shown: string, etag: string): string
  /** Bodies of searches by UID; one of them finds the object. A server may answer with more. */
  searches(uid: string): readonly string[]
  /** Where deleted objects go into a trash; see RemoteCollection. */
  readonly restore?: (place: CollectionPlace, etag: string) => Promise<boolean>
}

export interface CollectionPlace {
  readonly remote: Remote
  readonly dialect: Dialect
  /** Encoded path below the server's base, with a slash at its end. */
  readonly path: string
}

export const addressOfObject = ({ path }: Pick<CollectionPlace, 'path'>, name: string): string => path + encodeURIComponent(name)
