import { ChatonError } from '../../kit/errors.ts'
import type { MovePlan } from '../../move/plan.ts'
import type { MoveWish } from '../../move/prepare.ts'
import { runMove, tryMove } from '../../move/run.ts'
import type { MoveServices } from '../../move/services.ts'
import { addressOf } from '../../move/sign-in.ts'
import { defineCommand, type CommandInput } from '../command.ts'
import { conductOf, runOptions, toDone, toPlan } from '../move/conduct.ts'
import { RunResult } from '../move/schemas.ts'
import { address, wishOf } from '../move/wish.ts'
import { planLines, runExitCode, runText } from '../move/words.ts'

export const command = defineCommand({
  result: RunResult,
  run: async (input: CommandInput) => {
    requirePerson(input)
    const services = await input.app.moves()
    const wish = await askWish(input, services)
    const conduct = await conductOf(input)
    if (input.dryRun) return toPlan(await tryMove(services, wish, conduct), true)
    return toDone(await runMove(services, wish, { conduct, options: { ...runOptions(input), agree: async (plan) => await agree(input, plan) } }))
  },
  text: runText,
  exitCode: runExitCode,
})

function requirePerson({ terminal }: CommandInput): void {
  if (terminal.canAsk) return
  throw new ChatonError('refused', 'chaton move asks questions, and nobody can be asked here', {
    next: ['chaton move run --from <old address> --to <new address>', 'sign in with the browser, or give --from-user, --from-password-file, --to-user and --to-password-file', 'look first: the same with chaton move plan'],
  })
}

async function askWish(input: CommandInput, services: MoveServices): Promise<MoveWish> {
  const given = { from: address(input, 'from'), to: address(input, 'to') }
  const earlier = given.from === undefined && given.to === undefined ? await askEarlier(input, services) : undefined
  if (earlier !== undefined) return { ...wishOf(input, {}), id: earlier }
  input.terminal.say('A move copies everything that can be copied from your old account into the new one. The old account is only read.')
  const from = given.from ?? (await askAddress(input, services, 'Address of your Nextcloud now?', '--from <address>'))
  const to = given.to ?? (await askAddress(input, services, 'Address of the new one?', '--to <address>'))
  return wishOf(input, { from, to })
}

/** The move that is under way, where the person wants to go on with it. */
async function askEarlier({ terminal }: CommandInput, { moves }: MoveServices): Promise<string | undefined> {
  const id = (await moves.unfinished()).at(-1)
  if (id === undefined) return undefined
  using move = await moves.open(id)
  const question = `A move from ${addressOf(move.facts, 'source') ?? ''} to ${addressOf(move.facts, 'destination') ?? ''} is under way. Go on with it? (yes/no)`
  return isYes(await terminal.ask(question, 'chaton move resume')) ? id : undefined
}

const mostTries = 5

/** Asks until a Nextcloud answers there. */
async function askAddress({ terminal, flags }: CommandInput, { hosts }: MoveServices, question: string, instead: string): Promise<string> {
  for (let tries = 1; ; tries++) {
    const answer = await terminal.ask(question, instead)
    try {
      return (await hosts.find(answer, { allowPlainHttp: flags['allowHttp'] === true })).address
    } catch (error) {
      if (!(error instanceof ChatonError) || tries >= mostTries) throw error
      for (const line of [`✗ ${error.message}`, ...error.next.map((next) => `  → ${next}`)]) terminal.say(line)
    }
  }
}

async function agree(input: CommandInput, plan: MovePlan): Promise<boolean> {
  await (await input.moveProgress()).rest()
  for (const line of planLines(plan)) input.terminal.say(line)
  return isYes(await input.terminal.ask('Move now? (yes/no)', 'chaton move run'))
}

const isYes = (answer: string): boolean => /^(y|yes|o|oui)$/i.test(answer)
