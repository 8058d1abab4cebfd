import { z } from 'zod'
import { exitCodes } from '../kit/errors.ts'
import { Plan } from '../model/plan.ts'
import { Space } from '../model/space.ts'
import type { Command, CommandEntry } from './command.ts'

/** Pieces that several published results share. */
export const FindingResult = z.object({
  code: z.string(),
  severity: z.enum(['error', 'warning', 'info']),
  message: z.string(),
  fix: z.string().optional(),
})

export const SpaceResult = Space
export const PlanResult = Plan

export const StepResult = z.object({
  step: z.string(),
  state: z.enum(['done', 'failed', 'skipped']),
  changed: z.boolean(),
  note: z.string().optional(),
  milliseconds: z.number(),
})

export const SignInResult = z.discriminatedUnion('how', [
  z.object({ how: z.literal('invitation-mailed'), url: z.string(), user: z.string(), to: z.string() }),
  z.object({ how: z.literal('invitation-link'), url: z.string(), user: z.string(), link: z.string() }),
  z.object({ how: z.literal('app-password'), url: z.string(), user: z.string(), password: z.string() }),
])

export const JournalResult = z.object({
  subject: z.string(),
  run: z.string(),
  step: z.string(),
  state: z.enum(['started', 'done', 'failed', 'skipped']),
  at: z.string(),
  message: z.string().optional(),
})

const errorWords = Object.keys(exitCodes).filter((code) => code !== 'ok')

/** What stands on standard output with `--json` when a command fails. */
export const ErrorResult = z.object({
  error: z.object({
    code: z.enum(errorWords).describe('Which kind of failure; see docs/reference/exit-codes.md.'),
    exitCode: z.int().describe('The exit code of the process.'),
    actor: z.enum(['user', 'hoster', 'remote', 'bug']).describe('Who can act on it.'),
    retryable: z.boolean().describe('True: the same command may succeed later without anybody acting.'),
    message: z.string().describe('What happened, for people.'),
    next: z.array(z.string()).describe('What can be done now, one sentence or command each.'),
    data: z.record(z.string(), z.unknown()).describe('Fields for programs; they differ from failure to failure.'),
  }),
})

/** One line of standard error with `--json`. */
export const ProgressLine = z.object({
  step: z.string().describe('Name of the step.'),
  title: z.string().describe('What it does, for people.'),
  state: z.enum(['started', 'done', 'failed', 'skipped']).describe('Where it stands.'),
  note: z.string().optional().describe('What it found or did.'),
  milliseconds: z.number().optional().describe('How long it took.'),
})

/** The JSON Schema of what a command prints with `--json`. Where spaces are sandboxes, `sandbox` says so. */
export function publishedSchema(entry: Pick<CommandEntry, 'path' | 'ofSpaces'>, command: Pick<Command, 'result'>): object {
  const { $schema, ...schema } = z.toJSONSchema(command.result, { io: 'output', unrepresentable: 'any' })
  const body = entry.ofSpaces === true ? withSandbox(schema) : schema
  return { $schema, title: `chaton ${entry.path} --json`, ...body }
}

const sandboxField = { type: 'boolean', const: true, description: 'The spaces are sandboxes, not Nextclouds.' }

function withSandbox(schema: z.core.JSONSchema.BaseSchema): z.core.JSONSchema.BaseSchema {
  const { oneOf, properties } = schema
  if (oneOf !== undefined) return { ...schema, oneOf: oneOf.map((choice) => withSandbox(choice)) }
  return { ...schema, properties: { ...properties, sandbox: sandboxField } as typeof properties & object }
}
