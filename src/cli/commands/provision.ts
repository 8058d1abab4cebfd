import { z } from 'zod'
import { provision, type ProvisionResult } from '../../spaces/provision.ts'
import { defineCommand, type Shown } from '../command.ts'
import { sandboxLines } from '../present/words.ts'
import { FindingResult, SignInResult, SpaceResult, StepResult } from '../schemas.ts'
import { wishedSpace } from '../wished-space.ts'

/** The space itself, with how to sign in and what was done beside it. */
const Result = SpaceResult.extend({
  signIn: SignInResult.optional(),
  dryRun: z.boolean(),
  action: z.enum(['create', 'keep', 'change']),
  plan: z.array(z.object({ name: z.string(), title: z.string() })),
  steps: z.array(StepResult),
  findings: z.array(FindingResult),
})

export const command = defineCommand({
  result: Result,
  run: async (input) => {
    const context = await input.app.spaces()
    const manifest = await wishedSpace(input, context)
    return toResult(await provision(context, manifest, { dryRun: input.dryRun, progress: input.progress }))
  },
  text: (result) => (result.dryRun ? planText(result) : doneText(result)),
})

function toResult({ space, signIn, dryRun, claim, plan, steps, findings }: ProvisionResult): z.infer<typeof Result> {
  return { ...space, ...(signIn === undefined ? {} : { signIn }), dryRun, action: claim.action, plan: [...plan], steps: [...steps], findings: [...findings] }
}

function planText(result: z.infer<typeof Result>): Shown {
  return {
    lines: [
      `Would ${result.action} ${result.metadata.name} (${result.spec.title}), plan ${result.spec.plan}:`,
      ...result.plan.map(({ title }, index) => `  ${String(index + 1).padStart(2)}. ${title}`),
      ...result.findings.flatMap(({ severity, message, fix }) => [`${severity}: ${message}`, ...(fix === undefined ? [] : [`  → ${fix}`])]),
      'Nothing was changed.',
    ],
  }
}

function doneText(result: z.infer<typeof Result>): Shown {
  const { status, signIn, metadata, spec } = result
  const lines = [
    ...sandboxLines(result),
    ...result.findings.filter(({ severity }) => severity === 'warning').map(({ message }) => `warning: ${message}`),
    `${spec.title} (${metadata.name}) is ready: ${status?.url ?? ''}`,
  ]
  if (signIn === undefined) return { lines }
  if (signIn.how === 'invitation-mailed') return { lines: [...lines, `Invitation mailed to ${signIn.to}; user id "${signIn.user}".`] }
  if (signIn.how === 'invitation-link') {
    return { lines: [...lines, `Give this link to ${spec.owner.name}; it sets the password of "${signIn.user}":`], reveal: [`  ${signIn.link}`] }
  }
  return {
    lines: [...lines, `Sign in:   user      ${signIn.user}`],
    reveal: [
      `           password  ${signIn.password}`,
      `Try it:    echo bonjour | curl -u '${signIn.user}:${signIn.password}' -T - ${signIn.url}/remote.php/dav/files/${signIn.user}/bonjour.txt`,
    ],
  }
}
