import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { MoveLab } from './move-lab.ts'
import { timed } from './report.ts'

const apps = '/var/lib/chaton/apps/user_migration'

export const whyNoUserMigration = (): string | undefined => (existsSync(apps) && readdirSync(apps).length > 0 ? undefined : `the app is not below ${apps}`)

/**
 * Seconds of an archive on the official way: `occ user:export`, up to the new host and down again as a file (a stand-in for down from
 * the old one and up to the new), `occ user:import`. The account must not exist at the destination.
 */
export async function userMigration(lab: MoveLab): Promise<number> {
  await lab.occ('source', 'app:enable', 'user_migration')
  await lab.occ('destination', 'app:enable', 'user_migration')
  const folder = lab.temporary('source')
  const { userId } = lab.source
  const known = new Set(archivesIn(folder))
  const exported = await timed(async () => await lab.occ('source', 'user:export', userId, folder))
  const [name] = archivesIn(folder).filter((one) => !known.has(one))
  if (name === undefined) throw new Error('user:export left no archive')
  const [here, there] = [join(folder, name), join(lab.temporary('destination'), name)]
  try {
    const up = await lab.runRclone('copyto', here, `new:${name}`)
    const down = await lab.runRclone('copyto', `new:${name}`, there)
    const imported = await timed(async () => await lab.occ('destination', 'user:import', there))
    return exported + up + down + imported
  } finally {
    rmSync(here, { force: true })
    rmSync(there, { force: true })
  }
}

const archivesIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.zip'))
