import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ChatonError } from '../../kit/errors.ts'
import { Plan } from '../../model/plan.ts'
import { SpaceSpec } from '../../model/space.ts'
import { sha256OfFile } from './checksums.ts'

export const manifestName = 'backup.json'
export const checksumsName = 'checksums.sha256'

/** What a backup says of itself. Readable without chaton: plain files, a database dump, JSON, `sha256sum` lists. */
export const BackupManifest = z.strictObject({
  schema: z.literal('chaton/backup.v1'),
  createdAt: z.iso.datetime(),
  engine: z.string(),
  slug: z.string(),
  uid: z.string(),
  release: z.string(),
  administrator: z.string(),
  spec: SpaceSpec,
  plan: Plan,
  files: z.int(),
  bytes: z.int(),
  checksumsSha256: z.string().regex(/^[0-9a-f]{64}$/),
})
export type BackupManifest = z.infer<typeof BackupManifest>

/** Reads and checks `backup.json` and that the list of checksums is the one it was written with. Throws `bad-input` or `unhealthy`. */
export async function readBackupManifest(directory: string): Promise<BackupManifest> {
  const path = join(directory, manifestName)
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ChatonError('bad-input', `"${directory}" is not a finished backup: it has no readable ${manifestName}`, {
      cause,
      next: ['chaton space backup <slug> prints the directory it made; a run that was cut off leaves none of these files'],
    })
  })
  const parsed = BackupManifest.safeParse(parseJson(text, path))
  if (!parsed.success) {
    throw new ChatonError('unhealthy', `${path} is damaged: ${z.prettifyError(parsed.error)}`, { next: ['use another backup'] })
  }
  const sha256 = await sha256OfFile(join(directory, checksumsName)).catch(() => 'none')
  if (sha256 !== parsed.data.checksumsSha256) {
    throw new ChatonError('unhealthy', `${checksumsName} of the backup is damaged or missing`, { next: ['use another backup'] })
  }
  return parsed.data
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ChatonError('unhealthy', `${path} is damaged: it is not JSON`, { cause, next: ['use another backup'] })
  }
}
