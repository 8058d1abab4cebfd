import { ChatonError } from '../../kit/errors.ts'
import { detached } from '../../kit/memory.ts'
import type { RemoteEntry } from '../../nextcloud/files/contract.ts'
import type { MoveContext } from '../contract.ts'
import type { Item, MoveJournal } from '../journal.ts'
import { changed, factsOf } from './facts.ts'
import { acceptableName, besideName, join, nameOf, parentOf } from './names.ts'
import { notOwn } from './own.ts'
import { isConflict, isMissing } from './trouble.ts'

/** What stands under a name at the destination. */
export interface Met extends Pick<RemoteEntry, 'folder' | 'fileId' | 'etag' | 'size' | 'mtime'> {
  /** Not the account's own: shared by others, a group folder… What is put there is theirs, too. */
  readonly foreign?: true
}

/** A folder at the destination, with what was in it when it was looked at or made. */
export interface Place {
  readonly path: string
  readonly names: ReadonlyMap<string, Met>
  /** Milliseconds. */
  readonly seenAt: number
}

/** What places need of the run that they belong to. */
export interface PlacesOwner {
  readonly context: MoveContext
  readonly journal: MoveJournal
  readonly host: string
  nameFor(item: Item): string
  need(key: string): Item
  put(item: Item): void
  done(item: Item): void
  touch(key: string): void
}

/** Entries of listed folders that are kept in memory, in all. */
const mostNames = 40_000
const mostPlaces = 512
/** A name that was free may be taken before it is used. */
const mostTurns = 3
/** What was seen longer ago is looked at again before writes that would overwrite. */
const freshMs = 60_000

/**
 * Folders at the destination, by their paths at the source. A folder that is not there is made just before something goes into it;
 * one that is there is listed, so that nothing is written over what this move did not write.
 */
export class Places {
  readonly #run: PlacesOwner
  readonly #known = new Map<string, Promise<Place>>()
  #names = 0

  constructor(run: PlacesOwner) {
    this.#run = run
  }

  /** Throws where the folder cannot be made or read. With `fresh`, it was looked at within the last minute. */
  async ready(folder: string, { fresh = false }: { readonly fresh?: boolean } = {}): Promise<Place> {
    const known = this.#known.get(folder)
    if (known !== undefined) {
      const place = await known
      if (!fresh || this.#now() - place.seenAt < freshMs) return place
      this.forget(folder)
    }
    const made = this.#make(folder)
    this.#known.set(folder, made)
    try {
      this.#bound(folder, await made)
    } catch (error) {
      this.#known.delete(folder)
      throw error
    }
    return await made
  }

  /** Something in it changed, or is not as it was thought to be. */
  forget(folder: string): void {
    this.#known.delete(folder)
  }

  forgetAll(): void {
    this.#known.clear()
    this.#names = 0
  }

  /** The first name beside its own (or the one chosen for it) that is free at the destination, and that nothing else at the source has a right to. */
  freeName(place: Place, item: Item): string {
    const name = this.#run.nameFor(item)
    for (let turn = 1; ; turn++) {
      const beside = this.#besideName(name, turn)
      if (!place.names.has(beside) && !this.isOthers(place, item, beside)) return beside
    }
  }

  /** A file that stands under a name beside its own, of the size and time of the item. */
  keptBeside(place: Place, item: Item): { readonly name: string; readonly met: Met } | undefined {
    const name = this.#run.nameFor(item)
    for (let turn = 1; ; turn++) {
      const beside = this.#besideName(name, turn)
      const met = place.names.get(beside)
      if (met === undefined) return undefined
      if (!met.folder && met.foreign !== true && met.size === item.bytes && met.mtime === factsOf(item).mtime && !this.isOthers(place, item, beside)) return { name: beside, met }
    }
  }

  #besideName(name: string, turn: number): string {
    const { host, context } = this.#run
    const wanted = besideName(name, { host, turn })
    return acceptableName(wanted, (candidate) => context.destination.files.abilities.refusesName(candidate)) ?? wanted
  }

  /**
   * The name is that of another thing in the same folder at the source, which has the better right to it, or stands for another thing
   * already. Whoever takes a name that is free puts it into the journal before it awaits anything.
   */
  isOthers(place: Place, item: Item, name: string): boolean {
    return this.#isSibling(item, name) || this.standsForOther(item, join(place.path, name))
  }

  #isSibling(item: Item, name: string): boolean {
    return name !== nameOf(item.key) && this.#run.journal.get('files', join(parentOf(item.key), name)) !== undefined
  }

  /** Something else of the source is, or is being, written there. */
  standsForOther({ key }: Item, path: string): boolean {
    return this.#run.journal.standingAt('files', path).some((other) => other !== key)
  }

  /** A chosen name may be the own name of a sibling at the source: that one has the better right to it. */
  nameFor(place: Place, item: Item): string {
    const name = this.#run.nameFor(item)
    return this.#isSibling(item, name) ? this.freeName(place, item) : name
  }

  async #make(folder: string): Promise<Place> {
    if (folder === '') return await this.#list('')
    const item = this.#run.need(folder)
    if (item.state === 'refused') throw new ChatonError('remote-failed', `its folder "${folder}" was not carried: ${item.reason ?? ''}`, { data: { status: 409 } })
    if (item.destinationKey !== undefined && item.state !== 'found') {
      try {
        return await this.#list(item.destinationKey)
      } catch (error) {
        if (!isMissing(error)) throw error
      }
    }
    return await this.#create(item)
  }

  async #create(item: Item, turn = 1): Promise<Place> {
    const parent = await this.ready(parentOf(item.key))
    const name = this.#folderName(parent, item)
    const path = join(parent.path, name)
    if (parent.names.has(name)) return await this.#adopt(item, path)
    const announced = changed(item, { state: 'writing', destinationKey: path, destinationId: undefined, destinationMark: undefined })
    this.#run.put(announced)
    this.#run.touch(join(item.key, 'any'))
    try {
      if (!(await this.#makeFolder(path))) throw new ChatonError('conflict', `somebody else has made the folder "${path}"`)
    } catch (error) {
      if (!isConflict(error) || turn === mostTurns) throw error
      this.#run.put(item)
      this.forget(parentOf(item.key))
      return await this.#create(item, turn + 1)
    }
    this.#run.done(changed(announced, { state: 'moved' }))
    return { path, names: new Map(), seenAt: this.#now() }
  }

  /** The first of its own (or chosen) name and those beside it under which there is nothing, or a folder that stands for no other: an earlier move may have made it. */
  #folderName(place: Place, item: Item): string {
    const wanted = this.#run.nameFor(item)
    for (let turn = 0; ; turn++) {
      const name = turn === 0 ? wanted : this.#besideName(wanted, turn)
      const met = place.names.get(name)
      const suits = met === undefined || (met.folder && met.foreign !== true)
      if (suits && !this.isOthers(place, item, name)) return name
    }
  }

  /** False if somebody else made one since it was looked for. */
  async #makeFolder(path: string): Promise<boolean> {
    const { files, pace } = this.#run.context.destination
    let attempts = 0
    return await pace.run(async () => {
      attempts += 1
      const made = await files.makeFolder(path)
      // The answer to the first request was lost: it is ours.
      return made || attempts > 1
    }, 'folder')
  }

  async #adopt(item: Item, path: string): Promise<Place> {
    // Until it has been looked at, no other folder that wants this name takes it.
    this.#run.put(changed(item, { state: 'found', destinationKey: path, destinationId: undefined, destinationMark: undefined }))
    const place = await this.#list(path)
    this.#run.done(changed(item, { state: 'there', destinationKey: path }))
    return place
  }

  async #list(path: string): Promise<Place> {
    const { files, pace } = this.#run.context.destination
    return await pace.run(async () => {
      const seenAt = this.#now()
      const names = new Map<string, Met>()
      for await (const entry of files.list(path)) {
        const { folder, fileId, etag, size, mtime } = entry
        names.set(detached(nameOf(entry.path)), { folder, fileId: detached(fileId), etag: detached(etag), size, mtime, ...(notOwn(entry) === undefined ? {} : { foreign: true }) })
      }
      return { path, names, seenAt }
    })
  }

  /** Forgets the places that were asked for the longest time ago. */
  #bound(folder: string, place: Place): void {
    this.#names += place.names.size
    if (this.#names <= mostNames && this.#known.size <= mostPlaces) return
    const latest = this.#known.get(folder)
    this.forgetAll()
    if (latest !== undefined) this.#known.set(folder, latest)
    this.#names = place.names.size
  }

  #now(): number {
    return this.#run.context.clock.now().getTime()
  }
}
