import { z } from 'zod'
import type { MoveJournal } from './journal.ts'
import { kindNames } from './kinds.ts'

export const sideNames = ['source', 'destination'] as const
export type SideName = (typeof sideNames)[number]

/** `login-flow`: the app password was made for this move, and is revoked at its end. `app-password`: it is the person's own. */
export const SignedInBy = z.enum(['login-flow', 'app-password'])
export type SignedInBy = z.infer<typeof SignedInBy>

/** One of the two accounts, as it was when it signed in. */
export const SideFacts = z.object({
  /** Base URL without trailing slash. */
  address: z.string(),
  /** The account's id. */
  account: z.string(),
  displayName: z.string().exactOptional(),
  /** Of Nextcloud, `32.0.1`. */
  version: z.string(),
})
export type SideFacts = z.infer<typeof SideFacts>

export const Refusal = z.object({ what: z.string(), reason: z.string(), next: z.string().exactOptional() })
export type Refusal = z.infer<typeof Refusal>

/** How this move signs in; kept before anything else of a sign-in, so that it can be undone. */
export const SignInFacts = z.object({ name: z.string(), by: SignedInBy })
export type SignInFacts = z.infer<typeof SignInFacts>

export const MoveOptions = z.object({
  kinds: z.array(z.enum(kindNames)),
  manner: z.enum(['gentle', 'polite', 'fast']),
  /** Passwords and files may go unencrypted to servers beyond this machine and its network. */
  allowPlainHttp: z.boolean(),
})
export type MoveOptions = z.infer<typeof MoveOptions>

/** `prepared`: both sides are known. `copied`: a whole pass is done. `done` and `aborted` are ends. */
export const MovePhase = z.enum(['new', 'prepared', 'copying', 'copied', 'done', 'aborted'])
export type MovePhase = z.infer<typeof MovePhase>

/** What has another name at the destination, because its own was taken or is refused there. */
export const Renamed = z.object({ what: z.string(), as: z.string() })

/** A public link: old and new URL; `for`: the address to which the old one was once mailed. */
export const NewLink = z.object({ path: z.string(), old: z.string(), new: z.string(), for: z.string().exactOptional() })

export const KindOutcome = z.object({
  moved: z.int(),
  alreadyThere: z.int(),
  refused: z.array(Refusal),
  bytes: z.number().exactOptional(),
  renamed: z.array(Renamed).exactOptional(),
  links: z.array(NewLink).exactOptional(),
})
export type KindOutcome = z.infer<typeof KindOutcome>

/** What stopped a kind; the others go on. */
export const KindFailure = z.object({ message: z.string(), next: z.array(z.string()), retryable: z.boolean() })
export type KindFailure = z.infer<typeof KindFailure>

/** `failure`: why the comparison broke off. */
export const KindCheck = z.object({ checked: z.int(), differing: z.array(Refusal), failure: KindFailure.exactOptional() })
export type KindCheck = z.infer<typeof KindCheck>

/** What each fact of a move is, by its name in the journal; those of one kind of things end with its name. */
const schemas = {
  createdAt: z.string(),
  finishedAt: z.string(),
  phase: MovePhase,
  /** Number of the pass under way or done last; 0 before the first. */
  pass: z.int(),
  options: MoveOptions,
  /** Kinds that this program could carry when the move was last worked on. */
  available: z.array(z.enum(kindNames)),
  source: SideFacts,
  destination: SideFacts,
  sourceSignIn: SignInFacts.nullable(),
  destinationSignIn: SignInFacts.nullable(),
  /** Some app password was the person's own, not made for this move. */
  ownAppPasswords: z.boolean(),
  /** Addresses as found, before anybody signs in. */
  sourceAddress: z.string(),
  destinationAddress: z.string(),
  /** Somebody asked the run to stop at the next safe instant. */
  pauseAsked: z.boolean(),
  /** Things of the source that nothing here carries, as found at the inventory. */
  notCarried: z.array(Refusal.extend({ app: z.string() })),
  publicKey: z.string(),
} as const

const kindSchemas = {
  left: z.array(Refusal),
  outcome: KindOutcome,
  failure: KindFailure.nullable(),
  check: KindCheck.nullable(),
} as const

type FactName = keyof typeof schemas
type KindFactName = keyof typeof kindSchemas
export type Fact<Name extends FactName> = z.infer<(typeof schemas)[Name]>
export type KindFact<Name extends KindFactName> = z.infer<(typeof kindSchemas)[Name]>

/** The facts of a move, typed. A fact of another shape (written by another version) reads as not there. */
export class MoveFacts {
  readonly #journal: MoveJournal

  constructor(journal: MoveJournal) {
    this.#journal = journal
  }

  get<Name extends FactName>(name: Name): Fact<Name> | undefined {
    return this.#read(name, schemas[name]) as Fact<Name> | undefined
  }

  set<Name extends FactName>(name: Name, value: Fact<Name>): void {
    this.#journal.setFact(`move.${name}`, JSON.stringify(value))
  }

  ofKind<Name extends KindFactName>(name: Name, kind: string): KindFact<Name> | undefined {
    return this.#read(`${name}.${kind}`, kindSchemas[name]) as KindFact<Name> | undefined
  }

  setOfKind<Name extends KindFactName>(name: Name, kind: string, value: KindFact<Name>): void {
    this.#journal.setFact(`move.${name}.${kind}`, JSON.stringify(value))
  }

  get phase(): MovePhase {
    return this.get('phase') ?? 'new'
  }

  #read(name: string, schema: z.ZodType): unknown {
    const text = this.#journal.fact(`move.${name}`)
    if (text === undefined) return undefined
    const parsed = schema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : undefined
  }
}
