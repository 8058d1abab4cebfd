import { z } from 'zod'
import { Plan } from '../model/plan.ts'
import { Space } from '../model/space.ts'

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
