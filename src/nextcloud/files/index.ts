import type { Remote } from '../remote.ts'
import { withSessions } from '../sessions.ts'
import { abilitiesOf } from './abilities.ts'
import { writeMany } from './bulk.ts'
import { makeFolder, movePath, removePath, setFavourite, setTimes } from './change.ts'
import { chunkedUpload } from './chunked.ts'
import type { RemoteFiles } from './contract.ts'
import { recalculate } from './hash.ts'
import { freeBytes, listFolder, statPath } from './list.ts'
import { mannersOf } from './quirks.ts'
import { readMany } from './read-many.ts'
import { readFile } from './read.ts'
import { writeFile } from './write.ts'

export function openRemoteFiles(plain: Remote): RemoteFiles {
  const remote = withSessions(plain)
  const abilities = abilitiesOf(remote.facts)
  const manners = mannersOf(remote.facts.major)
  return {
    abilities,
    list: (path) => listFolder(remote, path),
    stat: async (path) => await statPath(remote, path),
    freeBytes: async () => await freeBytes(remote),
    read: async (path, options) => await readFile(remote, path, options),
    readMany: (folder, files, { whole = false, memory } = {}) => readMany(remote, { folder, files, whole }, memory),
    write: async (path, body, options) => await writeFile(remote, path, { body, options, manners }),
    writeMany: async (parts) => await writeMany(remote, { parts, abilities, manners }),
    chunked: (id, target) => chunkedUpload(remote, { id, target, manners }),
    makeFolder: async (path) => await makeFolder(remote, path),
    move: async (from, to) => await movePath(remote, from, to),
    remove: async (path, etag) => await removePath(remote, path, etag),
    setTimes: async (path, times) => await setTimes(remote, path, times),
    setFavourite: async (path, favourite) => await setFavourite(remote, path, favourite),
    hash: async (path, algorithm) => (abilities.serverHash ? await recalculate(remote, path, algorithm) : undefined),
  }
}
