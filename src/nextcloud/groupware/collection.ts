import { changesOf } from './changes.ts'
import type { RemoteCollection } from './contract.ts'
import type { CollectionPlace } from './place.ts'
import { findByUid, readObjects } from './read.ts'
import { putObject, removeObject } from './write.ts'

/** One calendar or address book. */
export function collectionAt(place: CollectionPlace): RemoteCollection {
  return {
    changes: async (token) => await changesOf(place, token),
    read: async (names) => await readObjects(place, names),
    findByUid: async (uid) => await findByUid(place, uid),
    put: async (name, data, over) => await putObject(place, { name, data, over }),
    remove: async (name, etag) => await removeObject(place, name, etag),
    restore: async (etag) => (await place.dialect.restore?.(place, etag)) ?? false,
  }
}
