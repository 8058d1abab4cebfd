import { z } from 'zod'
import { formatSize } from '../../../kit/bytes.ts'
import { usersOfRelease } from '../../../spaces/releases.ts'
import { defineCommand } from '../../command.ts'
import { columns, count } from '../../present/words.ts'

const Release = z.object({
  version: z.string(),
  path: z.string(),
  complete: z.boolean(),
  notes: z.array(z.string()),
  sizeBytes: z.number(),
  usedBy: z.array(z.string()),
})

export const command = defineCommand({
  result: z.object({ releases: z.array(Release) }),
  run: async ({ app }) => {
    const spaces = await (await app.records()).store.list('Space')
    const releases = await (await app.releases()).list()
    return {
      releases: releases.map((release) => ({
        ...release,
        notes: [...release.notes],
        usedBy: usersOfRelease(release.version, spaces),
      })),
    }
  },
  text: ({ releases }) => {
    if (releases.length === 0) return { lines: ['No Nextcloud release is installed. chaton release add 32.0.1 (or a directory or an archive) installs one.'] }
    const rows = releases.map(({ version, sizeBytes, usedBy, path }) => [version, formatSize(sizeBytes), count(usedBy.length, 'space'), path])
    return { lines: [...columns(rows), ...releases.flatMap(({ version, notes }) => notes.map((note) => `  ${version}: ${note}`))] }
  },
})
