import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ChatonError } from '../../kit/errors.ts'
import { Plan } from '../../model/plan.ts'
import { SpaceSpec } from '../../model/space.ts'

export const manifestName = 'backup.json'
export const checksumsName = 'checksums.sha256'

/**
 * What a backup says of itself. Readable without chaton: plain files, a database dump, JSON, and a list of checksums of
 * all of them, this one included (`sha256sum -c checksums.sha256`).
 */
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
  /** Of database, configuration and data; this file and the list of checksums come on top. */
  files: z.int(),
  bytes: z.int(),
})
export type BackupManifest = z.infer<typeof BackupManifest>

/** Reads `backup.json`; that it is as it was written is for the checksums to say. Throws `bad-input` or `unhealthy`. */
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
  return parsed.data
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ChatonError('unhealthy', `${path} is damaged: it is not JSON`, { cause, next: ['use another backup'] })
  }
}
