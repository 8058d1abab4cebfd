import { asChatonError } from '../../kit/errors.ts'
import type { Album, Albums } from '../../nextcloud/albums/contract.ts'
import { openAlbums } from '../../nextcloud/albums/index.ts'
import type { MoveContext } from '../contract.ts'
import { reasonOf, stops } from '../files/trouble.ts'
import type { Item } from '../journal.ts'
import { inParallel } from '../workers.ts'
import { albumIn, albumItem, albumKey, changed, isAlbum, pictureItem, pictureKey, picturesOf } from './items.ts'
import { freeName, hostOf } from './names.ts'

/** One pass over the albums. */
export class AlbumsRun {
  readonly context: MoveContext
  readonly pass: number
  readonly from: Albums
  readonly to: Albums

  constructor(context: MoveContext, pass: number) {
    this.context = context
    this.pass = pass
    this.from = openAlbums(context.source.remote)
    this.to = openAlbums(context.destination.remote)
  }

  atSource = async (): Promise<Album[]> => (await this.context.source.pace.run(async () => await this.from.list())) ?? []
  atDestination = async (): Promise<Album[] | undefined> => await this.context.destination.pace.run(async () => await this.to.list())

  /** Ids of the files in an album at the destination. */
  async idsAt(album: string): Promise<Set<string>> {
    return await this.context.destination.pace.run(async () => new Set((await this.to.pictures(album)).map(({ fileId }) => fileId)))
  }

  put(item: Item): void {
    this.context.journal.put('albums', item)
    const { counts } = this.context.journal.tally('albums')
    const done = counts.moved + counts.there + counts.refused
    this.context.progress({ kind: 'albums', done, total: done + counts.found + counts.writing })
  }
}

/** Brings the albums that this move made up to date with those of the source; touches no other. */
export async function carry(run: AlbumsRun): Promise<void> {
  const { journal, signal } = run.context
  const found = await run.atSource()
  const there = await run.atDestination()
  const names = new Set(there?.map(({ name }) => name))
  for (const item of [...journal.walk('albums')].filter(isAlbum)) if (!found.some(({ name }) => albumKey(name) === item.key)) await withdraw(run, item, names)
  for (const album of found) {
    signal.throwIfAborted()
    const item = there === undefined ? refusedHere(run, album) : await ensure(run, album, names)
    if (item.state === 'moved' && item.destinationKey !== undefined) await fill(run, album.name, item.destinationKey)
  }
}

function refusedHere(run: AlbumsRun, album: Album): Item {
  const item = changed(albumItem(album, run.pass), { state: 'refused', reason: 'the new host has no photo albums', next: 'ask the new host for the app Photos, and run the move again' })
  run.put(item)
  return item
}

/** The album of this move at the destination. */
async function ensure(run: AlbumsRun, album: Album, names: Set<string>): Promise<Item> {
  const { journal, destination } = run.context
  const known = journal.get('albums', albumKey(album.name))
  const fresh = albumItem(album, run.pass)
  const name = known?.destinationKey
  if (known?.state === 'moved' && name !== undefined) {
    const kept = names.has(name)
      ? changed(fresh, { state: 'moved', destinationKey: name, sourceMark: album.location })
      : changed(fresh, { state: 'refused', reason: 'the album was deleted at the new host since it was moved', next: 'make it there again if you want it' })
    if (kept.state === 'moved' && known.sourceMark !== album.location) await destination.pace.run(async () => await run.to.setLocation(name, album.location))
    run.put(kept)
    return kept
  }
  if (known?.state === 'refused' && known.reason?.startsWith('the album was deleted') === true) return known
  return await make(run, { album, fresh, names, begun: known?.state === 'writing' ? name : undefined })
}

interface Making {
  readonly album: Album
  readonly fresh: Item
  readonly names: Set<string>
  /** Name under which this move began to make it before it was killed. */
  readonly begun: string | undefined
}

async function make(run: AlbumsRun, { album, fresh, names, begun }: Making): Promise<Item> {
  const { pace } = run.context.destination
  for (;;) {
    const name = begun ?? freeName(album.name, hostOf(run.context.source.remote.base), names)
    run.put(changed(fresh, { state: 'writing', destinationKey: name }))
    let attempts = 0
    const made = await pace.run(async () => {
      attempts += 1
      return (await run.to.make(name)) || attempts > 1
    })
    names.add(name)
    if (!made && begun === undefined) continue
    if (album.location !== '') await pace.run(async () => await run.to.setLocation(name, album.location))
    const item = changed(fresh, { state: 'moved', destinationKey: name, sourceMark: album.location })
    run.put(item)
    return item
  }
}

/** Puts in what is in the album at the source, and takes out what this move put in and is no longer there. */
async function fill(run: AlbumsRun, album: string, name: string): Promise<void> {
  const { journal, source, destination } = run.context
  const found = await source.pace.run(async () => await run.from.pictures(album))
  const there = await run.idsAt(name)
  const keys = new Set(found.map(({ fileId }) => pictureKey(album, fileId)))
  for (const item of picturesOf(journal, album)) if (!keys.has(item.key)) await takeOut(run, item, name, there)
  await inParallel(found, destination.pace.most, async (picture) => {
    run.context.signal.throwIfAborted()
    const known = journal.get('albums', pictureKey(album, picture.fileId))
    if (known?.state === 'moved' || known?.state === 'there') return
    run.put(await put(run, pictureItem(album, picture, run.pass), name, there))
  })
}

async function put(run: AlbumsRun, item: Item, name: string, there: ReadonlySet<string>): Promise<Item> {
  const { journal, destination } = run.context
  const file = journal.bySourceId('files', item.sourceId).find(({ state }) => state === 'moved' || state === 'there')
  const path = file?.destinationKey
  if (path === undefined) return changed(item, { state: 'refused', reason: 'the picture belongs to somebody else, or was not carried', next: 'ask them for a copy, put it into your files, and into the album' })
  try {
    const id = file?.destinationId ?? (await destination.pace.run(async () => await destination.files.stat(path)))?.fileId
    const added = there.has(id ?? '') || (await destination.pace.run(async () => (await run.to.add(name, path)) || (await run.idsAt(name)).has(id ?? '')))
    if (added) return changed(item, { state: 'moved', destinationKey: path, destinationId: id })
    return changed(item, { state: 'refused', reason: 'the new host did not put it into the album', next: 'put it there by hand' })
  } catch (error) {
    const known = asChatonError(error)
    if (stops(known)) throw error
    return changed(item, { state: 'refused', ...reasonOf(known) })
  }
}

async function takeOut(run: AlbumsRun, item: Item, name: string, there: ReadonlySet<string>): Promise<void> {
  const { journal, destination } = run.context
  const { destinationId } = item
  if (item.state === 'moved' && destinationId !== undefined && there.has(destinationId)) {
    await destination.pace.run(async () => {
      for (const picture of await run.to.pictures(name)) if (picture.fileId === destinationId) await run.to.takeOut(name, picture)
    })
  }
  journal.delete('albums', item.key)
}

/** Its own pictures go, and the album if nothing else is in it. */
async function withdraw(run: AlbumsRun, item: Item, names: Set<string>): Promise<void> {
  const { journal, destination } = run.context
  const name = item.destinationKey
  const ours = (item.state === 'moved' || item.state === 'writing') && name !== undefined && names.has(name)
  const there = ours ? await run.idsAt(name) : new Set<string>()
  for (const picture of picturesOf(journal, albumIn(item.key))) {
    if (ours) await takeOut(run, picture, name, there)
    else journal.delete('albums', picture.key)
  }
  if (ours && (await run.idsAt(name)).size === 0) {
    await destination.pace.run(async () => await run.to.remove(name))
    names.delete(name)
  }
  journal.delete('albums', item.key)
}
