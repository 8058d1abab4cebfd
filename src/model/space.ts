import { z } from 'zod'
import { Hostname } from './hostname.ts'
import { apiVersion, Condition, Metadata } from './metadata.ts'
import { OfficeSuite } from './plan.ts'
import { Slug } from './slug.ts'

export const locales = ['fr', 'en'] as const
export const Locale = z.enum(locales)
export type Locale = z.infer<typeof Locale>

export const Owner = z
  .strictObject({
    name: z.string().trim().min(1).max(200).describe('Name of the person to whom the space is entrusted.'),
    email: z.email().describe('Where the hand-over mail goes.'),
    locale: Locale.default('fr').describe('Language of the mails and of the first account.'),
  })
  .describe('The one person who asked for the space and becomes its first administrator.')

export const SpaceSpec = z
  .strictObject({
    title: z.string().trim().min(1).max(200).describe('Name of the collective as it writes it.'),
    plan: z.string().min(1).describe('Name of a Plan.'),
    owner: Owner,
    domain: Hostname.optional().meta({
      description: "The collective's own domain; without it, <slug>.<domain of the hoster>.",
      examples: ['nuage.jardin-partage.org'],
    }),
    office: OfficeSuite.optional().describe('Choice among those of the plan; without it, the first of the plan.'),
    release: z
      .string()
      .regex(/^\d+\.\d+\.\d+$/, 'a Nextcloud release such as "32.0.1"')
      .optional()
      .meta({ description: 'Nextcloud release; without it, the newest that the hoster has installed.', examples: ['32.0.1'] }),
    suspended: z.boolean().default(false).describe('True: people see a page that says so; data stays.'),
  })
  .describe('What one collective gets.')
export type SpaceSpec = z.infer<typeof SpaceSpec>

export const phases = ['Pending', 'Provisioning', 'Ready', 'Degraded', 'Suspended', 'Deleting', 'Failed'] as const
export const Phase = z.enum(phases)
export type Phase = z.infer<typeof Phase>

export const UsageStatus = z.strictObject({
  poolBytes: z.int().describe('Size of the pool.'),
  usedBytes: z.int().describe('Everything that counts against the pool.'),
  filesBytes: z.int().describe('Files of all accounts.'),
  versionsBytes: z.int().describe('Older versions of files.'),
  trashBytes: z.int().describe('Deleted files that can still be taken back.'),
  otherBytes: z.int().describe('Previews, app data, uploads in progress.'),
  accounts: z.int().describe('Enabled accounts.'),
  measuredAt: z.iso.datetime().describe('When this was measured.'),
  warnedPercent: z.int().describe('Highest threshold (0, 80, 90, 100) already told to the administrators.'),
  warning: z
    .strictObject({
      percent: z.int().describe('The threshold that was passed.'),
      since: z.iso.datetime().describe('When it was passed.'),
      sentAt: z.iso.datetime().optional().describe('When the mail server took the mail; absent: not yet.'),
    })
    .optional()
    .describe('The latest warning. Without `sentAt` it is still to be mailed; sent again after a crash, it keeps its Message-ID.'),
})
export type UsageStatus = z.infer<typeof UsageStatus>

export const SpaceStatus = z
  .strictObject({
    phase: Phase.describe('Where the space stands, in one word.'),
    conditions: z.array(Condition).default([]).describe('Facts that were checked.'),
    observedGeneration: z.int().optional().describe('The generation of spec that the rest of status speaks of.'),
    engine: z.string().optional().describe('Which engine runs it: host or sandbox.'),
    sandbox: z.boolean().optional().describe('True: not a Nextcloud, a stand-in for trying chaton.'),
    url: z.string().optional().describe('Address of the space.'),
    release: z.string().optional().describe('The release that runs.'),
    planGeneration: z.int().optional().describe('The generation of the plan last applied.'),
    port: z.int().optional().describe('Loopback port, where spaces are told apart by port.'),
    administrator: z.string().optional().describe('User id of the first administrator.'),
    handOver: z
      .strictObject({
        messageId: z.string().describe('Message-ID of the mail.'),
        to: z.string().describe('Address it goes to.'),
        sentAt: z.iso.datetime().optional().describe('When the mail server took it; absent: not yet.'),
      })
      .optional()
      .describe('The hand-over mail. Sent again after a crash, it keeps its Message-ID.'),
    usage: UsageStatus.optional().describe('What the space takes of its pool.'),
    overCap: z
      .strictObject({
        disabled: z.array(z.string()).describe('User ids.'),
        since: z.iso.datetime().describe('When they were disabled.'),
        sentAt: z.iso.datetime().optional().describe('When the mail server took the mail; absent: not yet.'),
      })
      .optional()
      .describe('Accounts above the cap that were disabled last. Without `sentAt` the administrators are still to be told.'),
    deletion: z
      .strictObject({ backup: z.string().describe('Where the last backup lies; empty where none was wanted.') })
      .optional()
      .describe('Set once a deletion has its backup; a deletion that was cut off goes on from there.'),
    restore: z
      .strictObject({
        from: z.string().describe('Directory of the backup.'),
        uid: z.string().describe('Identity of the space that was backed up.'),
        createdAt: z.iso.datetime().describe('When it was backed up.'),
      })
      .optional()
      .describe('Set while the space is being made from a backup. A restore that was cut off starts over; nothing else may finish the space.'),
  })
  .describe('What is observed; written by chaton alone.')
export type SpaceStatus = z.infer<typeof SpaceStatus>

export const Space = z
  .strictObject({
    apiVersion: z.literal(apiVersion).describe('Version of this format.'),
    kind: z.literal('Space').describe('What the manifest is.'),
    metadata: Metadata.extend({ name: Slug }).describe('Identity of the space.'),
    spec: SpaceSpec,
    status: SpaceStatus.optional(),
  })
  .describe("One collective's Nextcloud.")
export type Space = z.infer<typeof Space>
