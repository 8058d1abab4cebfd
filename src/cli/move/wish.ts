import { readFile } from 'node:fs/promises'
import { ChatonError } from '../../kit/errors.ts'
import { registerSecret } from '../../kit/mask.ts'
import { nearest } from '../../kit/suggest.ts'
import type { MoveOptions, SideName } from '../../move/facts.ts'
import { kindNames, type KindName } from '../../move/kinds.ts'
import { chosenKinds, type KindWish } from '../../move/plan.ts'
import type { SignIn } from '../../move/hosts.ts'
import type { MoveWish } from '../../move/prepare.ts'
import type { SignInWish } from '../../move/sign-in.ts'
import { textFlag, type CommandInput } from '../command.ts'

/** What the flags say. Asks for nothing but an app password that a flag calls for. */
export function wishOf(input: CommandInput, addresses: { readonly from?: string | undefined; readonly to?: string | undefined } = { from: address(input, 'from'), to: address(input, 'to') }): MoveWish {
  return {
    id: input.args['move'],
    ...addresses,
    signIn: { source: signInWish(input, 'source'), destination: signInWish(input, 'destination') },
    options: optionsOf(input),
  }
}

/** An address of the flags. Throws `bad-input` for one with a password in it: arguments can be read by everybody on the machine. */
export function address(input: CommandInput, flag: 'from' | 'to'): string | undefined {
  const given = textFlag(input, flag)
  const url = given !== undefined && URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || url.password === '') return given
  registerSecretIfLong(decodeURIComponent(url.password))
  throw new ChatonError('bad-input', `--${flag} has a password in it, which everybody on this machine can read`, {
    next: [`give the address alone: --${flag} ${url.origin}`, 'delete that password if it was an app password, and make a new one'],
  })
}

function registerSecretIfLong(secret: string): void {
  if (secret.length >= 6) registerSecret(secret)
}

const names = {
  source: { user: 'fromUser', file: 'fromPasswordFile', flag: '--from', variable: 'CHATON_MOVE_FROM_PASSWORD', which: 'old' },
  destination: { user: 'toUser', file: 'toPasswordFile', flag: '--to', variable: 'CHATON_MOVE_TO_PASSWORD', which: 'new' },
} as const

export function signInWish(input: CommandInput, side: SideName): SignInWish {
  const { user, file, flag, variable } = names[side]
  const name = textFlag(input, user)
  const fromFile = textFlag(input, file)
  if (name !== undefined) return { by: 'app-password', name, password: async () => await readPassword(input, side) }
  if (fromFile !== undefined || input.environment[variable] !== undefined) {
    return withoutName(new ChatonError('bad-input', `an app password is given for ${flag}, but not the name that goes with it`, { next: [`add ${flag}-user <name>`] }))
  }
  if (input.flags['input'] === false) return withoutName(nobodyToSignIn(side))
  return { by: 'login-flow' }
}

/** A name and a password that flags, a file or a variable give, or that are asked for. */
export function passwordSignIn(input: CommandInput, side: SideName): () => Promise<SignIn> {
  const { user, flag, which } = names[side]
  return async () => ({
    name: textFlag(input, user) ?? (await input.terminal.ask(`Name of the ${which} administrator?`, `${flag}-user <name>`)),
    password: await readPassword(input, side),
  })
}

/** Fails only where a sign-in is needed: a move that goes on has its own. */
function withoutName(error: ChatonError): SignInWish {
  return {
    by: 'app-password',
    name: '',
    password: () => {
      throw error
    },
  }
}

function nobodyToSignIn(side: SideName): ChatonError {
  const { flag, variable, which } = names[side]
  return new ChatonError('refused', `with --no-input nobody can sign in to the ${which} account with a browser`, {
    next: [`give ${flag}-user <name>, and its app password with ${flag}-password-file <path> or in the variable ${variable}`],
  })
}

async function readPassword(input: CommandInput, side: SideName): Promise<string> {
  const { file, flag, variable, which } = names[side]
  const path = textFlag(input, file)
  const given = path === undefined ? input.environment[variable] : await readPasswordFile(path, `${flag}-password-file`)
  const password = given ?? (await input.terminal.askSecret(`App password of the ${which} account (it is not shown):`, `${flag}-password-file <path> or the variable ${variable}`))
  if (password.length >= 6) return registerSecret(password)
  throw new ChatonError('bad-input', `the app password of the ${which} account has fewer than 6 characters`, { next: ['make one in the account: Personal settings, Security'] })
}

async function readPasswordFile(path: string, flag: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '')
  } catch (cause) {
    throw new ChatonError('bad-input', `cannot read the password file "${path}"`, { cause, next: [`name a readable file with ${flag}`] })
  }
}

/** What the flags choose. */
export function optionsOf(input: Pick<CommandInput, 'flags'>): Partial<MoveOptions> {
  const only = kindsIn(input, 'only')
  const also = kindsIn(input, 'with')
  const without = kindsIn(input, 'without')
  const [gentle, fast] = [input.flags['gentle'] === true, input.flags['fast'] === true]
  if (gentle && fast) throw new ChatonError('bad-input', '--gentle and --fast say opposite things', { next: ['give one of the two, or neither'] })
  return {
    ...([only, also, without].every((list) => list === undefined) ? {} : { kinds: kindsMeant({ only, also, without }) }),
    ...(gentle || fast ? { manner: gentle ? 'gentle' : 'fast' } : {}),
    ...(input.flags['allowHttp'] === true ? { allowPlainHttp: true } : {}),
  }
}

/** Throws `bad-input` where a kind that is named cannot go, or nothing is left to go: a move of nothing would look like one that went well. */
function kindsMeant(wish: KindWish): KindName[] {
  const { only, also = [], without = [] } = wish
  const kinds = chosenKinds(wish)
  const lost = kindNames.filter((name) => (only?.includes(name) === true || also.includes(name)) && !without.includes(name) && !kinds.includes(name))
  if (lost.length > 0) throw new ChatonError('bad-input', `without the files, nothing goes that belongs to files: ${lost.join(', ')}`, { next: [withFiles(wish)] })
  if (kinds.length === 0) throw new ChatonError('bad-input', '--only and --without leave nothing to move', { next: [`name at least one of these with --only, and not with --without: ${kindNames.join(', ')}`] })
  return kinds
}

function withFiles({ only, without = [] }: KindWish): string {
  if (without.includes('files')) return 'take "files" out of --without, or leave these out, too'
  return `move the files, too: --only ${['files', ...(only ?? [])].join(',')}`
}

function kindsIn(input: Pick<CommandInput, 'flags'>, flag: 'only' | 'with' | 'without'): KindName[] | undefined {
  return textFlag(input, flag)?.split(',').map((word) => kindOf(word.trim(), flag))
}

function kindOf(word: string, flag: string): KindName {
  const found = kindNames.find((name) => name === word)
  if (found !== undefined) return found
  const near = nearest(word, kindNames)
  throw new ChatonError('bad-input', `--${flag}: "${word}" is not a kind of things that move`, {
    next: [near === undefined ? `choose among: ${kindNames.join(', ')}` : `did you mean "${near}"?`],
  })
}
