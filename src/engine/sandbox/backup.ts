import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { ChatonError } from '../../kit/errors.ts'
import { processMark } from './space/process-mark.ts'
import type { SandboxPaths } from './paths.ts'
import { SpaceDatabase } from './space/database.ts'
import { readSettings, writeSettings } from './space/settings.ts'

const Description = z.object({ engine: z.literal('sandbox'), format: z.literal(1) })

/** Copies database, settings and files; nothing is written to the space meanwhile, reading goes on. */
export async function backupSpace(database: SpaceDatabase, paths: SandboxPaths, into: string): Promise<void> {
  const mark = processMark(process.pid) ?? ''
  writeSettings(database, { frozenBy: mark })
  try {
    await mkdir(join(into, 'database'), { recursive: true })
    await mkdir(join(into, 'config'), { recursive: true })
    database.copyTo(join(into, 'database/space.sqlite'))
    await cp(paths.data, join(into, 'data'), { recursive: true, preserveTimestamps: true })
    const { title, release } = readSettings(database)
    await writeFile(join(into, 'config/space.json'), `${JSON.stringify({ engine: 'sandbox', format: 1, title, release }, undefined, 2)}\n`)
  } finally {
    writeSettings(database, { frozenBy: '' })
  }
}

/** The reverse, into an absent space. The database comes last: before that, the space does not exist. */
export async function restoreSpace(paths: SandboxPaths, from: string): Promise<void> {
  const description = join(from, 'config/space.json')
  if (!existsSync(description) || !existsSync(join(from, 'database/space.sqlite'))) {
    throw new ChatonError('bad-input', `${from} is not the backup of a sandbox space: config/space.json or database/space.sqlite is missing`)
  }
  if (!Description.safeParse(JSON.parse(await readFile(description, 'utf8'))).success) {
    throw new ChatonError('bad-input', `${description} does not describe a backup of the sandbox`, { next: ['restore it on the engine it was made with'] })
  }
  await mkdir(join(paths.root, 'database'), { recursive: true, mode: 0o700 })
  await mkdir(paths.data, { recursive: true })
  if (existsSync(join(from, 'data'))) await cp(join(from, 'data'), paths.data, { recursive: true, preserveTimestamps: true, force: true })
  await cp(join(from, 'database/space.sqlite'), paths.database)
  using database = new SpaceDatabase(paths.database)
  database.run('DELETE FROM invitations')
  writeSettings(database, { frozenBy: '', suspended: false })
}
