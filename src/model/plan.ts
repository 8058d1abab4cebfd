import { z } from 'zod'
import { apiVersion, Metadata } from './metadata.ts'
import { Size } from './size.ts'
import { suggestSlug } from './slug.ts'

export const officeSuites = ['collabora', 'onlyoffice'] as const
export const OfficeSuite = z.enum(officeSuites).describe('An office suite that the hoster runs.')
export type OfficeSuite = z.infer<typeof OfficeSuite>

/** A text in the languages of the people served. */
export const Words = z.strictObject({ fr: z.string().min(1).describe('In French.'), en: z.string().min(1).describe('In English.') })

const appId = z
  .string()
  .regex(/^[a-z0-9_]+$/, 'the id of an app (lower-case letters, digits and "_")')
  .meta({ examples: ['calendar'] })

export const PlanSpec = z
  .strictObject({
    title: Words.describe('What people see.'),
    storage: Size.describe('Storage of the whole space, pooled for all its accounts: files, versions, trash and previews.'),
    accounts: z.int().min(1).max(100_000).describe('How many enabled accounts the space may have.'),
    office: z.array(OfficeSuite).default([]).describe('Suites the collective chooses from; the first is the default.'),
    apps: z
      .strictObject({
        enable: z.array(appId).default([]).describe('Apps switched on: shipped with the release or pinned by `chaton app add`.'),
        disable: z.array(appId).default([]).describe('Shipped apps switched off.'),
        hide: z.array(appId).default([]).describe('Apps left on, out of the menu of people who are not at ease with computers.'),
      })
      .default({ enable: [], disable: [], hide: [] })
      .describe('Which apps people find.'),
    price: z
      .strictObject({
        amount: z.number().positive().describe('How much, for the whole space.'),
        currency: z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code such as EUR').meta({ description: 'ISO 4217 code.', examples: ['EUR'] }),
        per: z.enum(['month', 'year']).describe('How often.'),
      })
      .optional()
      .describe('Absent: free.'),
    audience: Words.optional().describe('Whom the plan is for.'),
    pool: z
      .strictObject({
        overCommitment: z
          .number()
          .min(1)
          .max(10)
          .default(1)
          .describe(
            'How often the free part of the pool may be promised to accounts. 1: what all may still write never exceeds what is left.',
          ),
      })
      .default({ overCommitment: 1 })
      .describe('How the pooled storage is shared out.'),
    php: z
      .strictObject({
        workers: z.int().min(1).max(200).default(6).describe('Requests served at once.'),
        memory: Size.default('512 MiB').describe('Memory of one request.'),
        uploadMax: Size.default('16 GB').describe('The largest single request body.'),
      })
      .default({ workers: 6, memory: '512 MiB', uploadMax: '16 GB' })
      .describe('Limits of the PHP processes.'),
  })
  .describe('An offer: what a space gets.')
export type PlanSpec = z.infer<typeof PlanSpec>

const planName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** It is written in manifests and command lines. */
const PlanName = z
  .string()
  .check((context) => {
    if (planName.test(context.value)) return
    const near = suggestSlug(context.value)
    const message = `${JSON.stringify(context.value)} cannot name a plan: use 1 to 63 lower-case letters a-z, digits and hyphens${near === undefined ? '' : `; for example "${near}"`}`
    context.issues.push({ code: 'custom', message, input: context.value })
  })
  .meta({ description: 'Name of the plan, as spaces and command lines write it.', pattern: planName.source, examples: ['collective'] })

export const Plan = z
  .strictObject({
    apiVersion: z.literal(apiVersion).describe('Version of this format.'),
    kind: z.literal('Plan').describe('What the manifest is.'),
    metadata: Metadata.extend({ name: PlanName }).describe('Identity of the plan.'),
    spec: PlanSpec,
    status: z.strictObject({}).optional().describe('Nothing: a plan has no state.'),
  })
  .describe('An offer of the hoster. Plans are data: edit one and `chaton plan apply` brings it to all live spaces.')
export type Plan = z.infer<typeof Plan>
