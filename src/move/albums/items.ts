import type { Album, AlbumPicture } from '../../nextcloud/albums/contract.ts'
import type { Item, MoveJournal } from '../journal.ts'
import type { Refusal } from '../kinds.ts'
import type { Renamed } from '../contract.ts'

/** `extra` of a journal item of the kind `albums`: of an album (key `name/`) or of a picture in it (key `name/file id`). */
export interface AlbumFacts {
  /** Of a picture. */
  readonly name?: string
  readonly collaborators?: readonly string[]
  readonly link?: true
  readonly filtered?: true
}

export const factsOf = (item: Item): AlbumFacts => item.extra
export const albumKey = (name: string): string => `${name}/`
export const pictureKey = (album: string, fileId: string): string => `${album}/${fileId}`
export const isAlbum = ({ key }: Pick<Item, 'key'>): boolean => key.endsWith('/')
export const albumIn = (key: string): string => key.slice(0, key.lastIndexOf('/'))

const blank = { sourceMark: '', destinationKey: undefined, destinationId: undefined, destinationMark: undefined, bytes: 0, reason: undefined, next: undefined } as const

export function albumItem({ name, collaborators, link, filtered }: Album, pass: number): Item {
  const extra: AlbumFacts = { ...(collaborators.length === 0 ? {} : { collaborators }), ...(link ? { link: true } : {}), ...(filtered ? { filtered: true } : {}) }
  return { ...blank, key: albumKey(name), state: 'found', sourceId: '', extra: { ...extra }, pass }
}

export function pictureItem(album: string, { fileId, name }: AlbumPicture, pass: number): Item {
  return { ...blank, key: pictureKey(album, fileId), state: 'found', sourceId: fileId, extra: { name }, pass }
}

export const changed = (item: Item, fields: Partial<Item>): Item => ({ ...item, reason: undefined, next: undefined, ...fields })

/** Of one album, in the journal. */
export const picturesOf = (journal: MoveJournal, album: string): Item[] => [...journal.under('albums', album)].filter((item) => !isAlbum(item))

/** What is lost of the albums, as people know it. */
export function refusalsIn(journal: MoveJournal): Refusal[] {
  return [...journal.walk('albums')].flatMap((item) => (isAlbum(item) ? ofAlbum(item) : refusalOf(item, `${factsOf(item).name ?? ''}, ${albumIn(item.key)}`)))
}

const refusalOf = (item: Item, what: string): Refusal[] => (item.state === 'refused' ? [{ what, reason: item.reason ?? '', ...(item.next === undefined ? {} : { next: item.next }) }] : [])

function ofAlbum(item: Item): Refusal[] {
  const what = albumIn(item.key)
  const { collaborators = [], link, filtered } = factsOf(item)
  return [
    ...refusalOf(item, what),
    ...(collaborators.length === 0 ? [] : [{ what, reason: `the album is shared with ${collaborators.join(', ')}: the new one is yours alone`, next: 'share it again there with those who have an account' }]),
    ...(link === true ? [{ what, reason: 'the album has a public link, which leads to the old host', next: 'make a link of the new album' }] : []),
    ...(filtered === true ? [{ what, reason: 'the album fills itself by a filter: the new one has the pictures that were in it', next: 'set the filter again in the new album' }] : []),
  ]
}

export const renamedIn = (journal: MoveJournal): Renamed[] =>
  [...journal.walk('albums', 'moved')].flatMap(({ key, destinationKey }) => (key.endsWith('/') && destinationKey !== undefined && destinationKey !== albumIn(key) ? [{ what: albumIn(key), as: destinationKey }] : []))
