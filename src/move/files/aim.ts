import type { Over } from '../../nextcloud/files/contract.ts'
import type { Item } from '../journal.ts'
import { changed, isOurs } from './facts.ts'
import { join, nameOf, parentOf } from './names.ts'
import type { Met, Place } from './places.ts'
import type { FilesRun } from './run.ts'

/** Where an item is to be written, and over what. */
export interface Aim {
  readonly item: Item
  readonly path: string
  readonly over: Over
  /** A file of the same size, not known to be ours, has the name: where the contents are equal nothing is written. */
  readonly twin?: Met
}

/** Over what this move wrote before; else under its name if that is free; else beside. Pure but for the search of a free name. */
export function aimFor(run: FilesRun, item: Item, place: Place): Aim {
  if (isOurs(item) && item.destinationKey !== undefined && item.destinationMark !== undefined) {
    return { item, path: item.destinationKey, over: { etag: item.destinationMark } }
  }
  const name = run.nameFor(item)
  const path = join(place.path, name)
  if (run.places.isOthers(place, item, name)) return besideAgain(run, item, place)
  const met = place.names.get(name)
  if (met === undefined) return { item, path, over: 'new' }
  if (!met.folder && met.foreign !== true && met.size === item.bytes) return { item, path, over: 'new', twin: met }
  return besideAgain(run, item, place)
}

/** An earlier move of these accounts, which this one knows nothing of, may have kept the file beside: it is not to come twice. */
function besideAgain(run: FilesRun, item: Item, place: Place): Aim {
  const found = run.places.keptBeside(place, item)
  return found === undefined ? beside(run, item, place) : { item, path: join(place.path, found.name), over: 'new', twin: found.met }
}

/** Under a name that nothing has. */
export function beside(run: FilesRun, item: Item, place: Place): Aim {
  return { item, path: join(place.path, run.places.freeName(place, item)), over: 'new' }
}

/** The twin has other content. */
export function besideTwin(run: FilesRun, { item, path }: Aim, place: Place): Aim {
  return nameOf(path) === run.nameFor(item) ? besideAgain(run, item, place) : beside(run, item, place)
}

/** The item as it is announced: from now on, what is at the destination may be ours. What it is written over stays known. */
export const announced = ({ item, path }: Aim): Item => changed(item, { state: 'writing', destinationKey: path, reason: undefined, next: undefined }, { again: undefined })

export const alreadyThere = ({ item, path }: Aim, twin: Met): Item =>
  changed(item, { state: 'there', destinationKey: path, destinationId: twin.fileId, destinationMark: undefined }, { upload: undefined, tried: undefined, again: undefined })

/** No longer ours: somebody changed or took away at the destination what this move wrote. */
export function disowned(run: FilesRun, item: Item): Item {
  if (item.destinationKey !== undefined) run.note(`"${item.destinationKey}" was changed at the destination since it was written: it stays as it is`)
  run.places.forget(parentOf(item.key))
  const own = changed(item, { state: 'found', destinationKey: undefined, destinationId: undefined, destinationMark: undefined })
  run.put(own)
  return own
}

export const isRenamed = ({ key, destinationKey }: Pick<Item, 'key' | 'destinationKey'>): boolean => destinationKey !== undefined && nameOf(destinationKey) !== nameOf(key)
