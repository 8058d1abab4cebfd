import { z } from 'zod'
import { formatSize } from '../../../kit/bytes.ts'
import { ChatonError } from '../../../kit/errors.ts'
import { backupSpace, listBackups, requireIntact, verifyBackup } from '../../../spaces/backup/backup.ts'
import { requireSpace } from '../../../spaces/context.ts'
import { defineCommand, textFlag } from '../../command.ts'
import { shownStep } from '../../present/step.ts'
import { columns } from '../../present/words.ts'

const Entry = z.object({ directory: z.string(), slug: z.string(), createdAt: z.string(), bytes: z.number() })

export const command = defineCommand({
  result: z.discriminatedUnion('what', [
    z.object({ what: z.literal('made'), dryRun: z.boolean(), backup: Entry.extend({ files: z.number() }).optional() }),
    z.object({ what: z.literal('verified'), backup: Entry.extend({ files: z.number() }) }),
    z.object({ what: z.literal('list'), backups: z.array(Entry) }),
  ]),
  run: async (input) => {
    if (input.flags['list'] === true) return { what: 'list' as const, backups: [...(await listBackups(input.app))] }
    const verify = textFlag(input, 'verify')
    if (verify !== undefined) {
      const verdict = await verifyBackup(verify)
      requireIntact(verify, verdict)
      const { slug, createdAt } = verdict.manifest
      return { what: 'verified' as const, backup: { directory: verify, slug, createdAt, bytes: verdict.bytes, files: verdict.files } }
    }
    const slug = input.args['slug']
    if (slug === undefined) {
      throw new ChatonError('bad-input', 'chaton space backup needs the name of a space', { next: ['chaton space backup <slug>', 'or --list, or --verify <directory>'] })
    }
    const context = await input.app.spaces()
    await requireSpace(context.store, slug)
    if (input.dryRun) return { what: 'made' as const, dryRun: true }
    const { directory, manifest } = await shownStep(input.progress, { step: 'backup', title: `Backup of ${slug}` }, async () => await backupSpace(context, slug, textFlag(input, 'into')))
    const { createdAt, bytes, files } = manifest
    return { what: 'made' as const, dryRun: false, backup: { directory, slug, createdAt, bytes, files } }
  },
  text: (result) => {
    if (result.what === 'list') {
      if (result.backups.length === 0) return { lines: ['No backups yet.'] }
      return { lines: columns(result.backups.map(({ slug, createdAt, bytes, directory }) => [slug, createdAt, formatSize(bytes), directory])) }
    }
    if (result.backup === undefined) return { lines: ['Would write database, configuration and files with checksums. Nothing was changed.'] }
    const { directory, files, bytes } = result.backup
    const said = result.what === 'verified' ? 'is whole' : 'is written'
    return { lines: [`The backup ${said}: ${files} files, ${formatSize(bytes)}`, `  ${directory}`] }
  },
})
