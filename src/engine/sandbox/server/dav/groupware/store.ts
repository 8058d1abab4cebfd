import { createHash } from 'node:crypto'
import type { SpaceDatabase } from '../../../space/database.ts'
import { countChange } from '../../../space/settings.ts'
import type { Room } from '../../room.ts'

export type Kind = 'calendar' | 'addressbook'

/** A calendar or address book, or the folder of all of them, or one object. */
export interface Place {
  readonly kind: Kind
  /** Parts of the address of the folder that holds the collections. */
  readonly home: readonly string[]
  readonly collection: string | undefined
  readonly object: string | undefined
}

export interface Collection {
  readonly id: number
  readonly uid: string
  readonly kind: Kind
  readonly uri: string
  readonly display_name: string
  /** Other properties by name, as XML. */
  readonly properties: Readonly<Record<string, string>>
  /** Number of the last change: ctag and sync token. */
  readonly token: number
}

export interface StoredObject {
  readonly uri: string
  readonly object_uid: string
  readonly component: string
  readonly etag: string
  readonly modified: number
  readonly data: string
}

const read = (row: Omit<Collection, 'properties'> & { properties: string }): Collection => ({ ...row, properties: JSON.parse(row.properties) as Record<string, string> })
type Row = Parameters<typeof read>[0]

/** The calendar "personal" and the address book "contacts" that every account has. */
export function ensureDefaults(database: SpaceDatabase, uid: string): void {
  if (database.get('SELECT id FROM collections WHERE uid = ? LIMIT 1', uid) !== undefined) return
  database.write(() => {
    createCollection(database, { uid, kind: 'calendar', uri: 'personal', title: 'Personal' })
    createCollection(database, { uid, kind: 'addressbook', uri: 'contacts', title: 'Contacts' })
  })
}

export interface NewCollection extends Pick<Collection, 'uid' | 'kind' | 'uri'> {
  readonly title: string
  readonly properties?: Collection['properties']
}

export function createCollection(database: SpaceDatabase, { uid, kind, uri, title, properties = {} }: NewCollection): void {
  database.run('INSERT INTO collections (uid, kind, uri, display_name, properties) VALUES (?, ?, ?, ?, ?)', uid, kind, uri, title, JSON.stringify(properties))
}

/** What its source says where it follows a calendar elsewhere. */
export const isSubscription = ({ properties }: Collection): boolean => '{http://calendarserver.org/ns/}source' in properties

export const collectionsOf = (database: SpaceDatabase, uid: string, kind: Kind): Collection[] =>
  database.all<Row>('SELECT * FROM collections WHERE uid = ? AND kind = ? ORDER BY id', uid, kind).map(read)

export function findCollection(database: SpaceDatabase, uid: string, kind: Kind, uri: string): Collection | undefined {
  const row = database.get<Row>('SELECT * FROM collections WHERE uid = ? AND kind = ? AND uri = ?', uid, kind, uri)
  return row && read(row)
}

export function removeCollection(database: SpaceDatabase, { id }: Collection): void {
  database.write(() => {
    database.run('DELETE FROM objects WHERE collection = ?', id)
    database.run('DELETE FROM changes WHERE collection = ?', id)
    database.run('DELETE FROM collections WHERE id = ?', id)
  })
}

export const objectsOf = (database: SpaceDatabase, { id }: Collection): StoredObject[] =>
  database.all<StoredObject>('SELECT * FROM objects WHERE collection = ? ORDER BY uri', id)

export const findObject = (database: SpaceDatabase, { id }: Collection, uri: string): StoredObject | undefined =>
  database.get<StoredObject>('SELECT * FROM objects WHERE collection = ? AND uri = ?', id, uri)

/** Answers the ETag. */
export function putObject(room: Room, collection: Collection, object: { uri: string; uid: string; component: string; data: string }): string {
  const etag = createHash('md5').update(object.data).digest('hex')
  room.mutate(() => {
    room.database.run(
      'INSERT OR REPLACE INTO objects (collection, uri, object_uid, component, etag, modified, data) VALUES (?, ?, ?, ?, ?, ?, ?)',
      collection.id,
      object.uri,
      object.uid,
      object.component,
      etag,
      room.now(),
      object.data,
    )
    noteChange(room.database, collection.id, object.uri)
  })
  return etag
}

export function removeObject(room: Room, collection: Collection, uri: string): void {
  room.mutate(() => {
    room.database.run('DELETE FROM objects WHERE collection = ? AND uri = ?', collection.id, uri)
    noteChange(room.database, collection.id, uri)
  })
}

function noteChange(database: SpaceDatabase, id: number, uri: string): void {
  database.run('UPDATE collections SET token = token + 1 WHERE id = ?', id)
  database.run('INSERT INTO changes (collection, token, uri) SELECT id, token, ? FROM collections WHERE id = ?', uri, id)
  countChange(database)
}

/** Names of the objects changed after `token`, each once. */
export const changesSince = (database: SpaceDatabase, { id }: Collection, token: number): string[] =>
  database.all<{ uri: string }>('SELECT DISTINCT uri FROM changes WHERE collection = ? AND token > ?', id, token).map((row) => row.uri)
