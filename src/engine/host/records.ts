import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Config } from '../../config/options.ts'
import { hasSystemCode } from '../../kit/errors.ts'
import { readTextIfExists, writeFileAtomic } from '../../kit/files.ts'
import { pathsOf } from './names.ts'

/** What the engine notes of a space in `<root>/space.json` (root only). */
const Record = z.object({
  uid: z.string(),
  slug: z.string(),
  release: z.string(),
  poolBytes: z.number(),
  /** Set before an install begins and gone when it is done: a database found with it is half made and may be dropped. */
  installing: z.boolean().default(false),
  /** Nextcloud is in the database. */
  installed: z.boolean().default(false),
  /** Closed by a backup and not by anybody's wish: found with no backup running, the space may be opened again. */
  closedForBackup: z.boolean().default(false),
  /** The golden space that it was cloned from. */
  golden: z.string().optional(),
})
export type SpaceRecord = z.infer<typeof Record>

export interface SpaceRecords {
  read(id: string): Promise<SpaceRecord | undefined>
  write(id: string, record: SpaceRecord): Promise<void>
  /** Ids of all spaces that have a directory. */
  list(): Promise<string[]>
  /** Removes the space's directory with all in it. Repeatable. */
  remove(id: string): Promise<void>
}

export function spaceRecords(config: Pick<Config, 'stateDirectory'>): SpaceRecords {
  const file = (id: string): string => join(pathsOf(config, id).root, 'space.json')
  return {
    async read(id) {
      const text = await readTextIfExists(file(id))
      return text === undefined ? undefined : Record.parse(JSON.parse(text))
    },
    async write(id, record) {
      await writeFileAtomic(file(id), `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 })
    },
    async list() {
      try {
        return (await readdir(join(config.stateDirectory, 'spaces'))).toSorted()
      } catch (error) {
        if (hasSystemCode(error, 'ENOENT')) return []
        throw error
      }
    },
    async remove(id) {
      await rm(pathsOf(config, id).root, { recursive: true, force: true })
    },
  }
}
