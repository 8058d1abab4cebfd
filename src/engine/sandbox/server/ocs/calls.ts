import type { SignedIn } from '../exchange.ts'

/** Answers with the data of the envelope; throws OcsError. `names` are what the stars of the pattern stand for. */
export type OcsCall = (exchange: SignedIn, names: readonly string[]) => unknown
/** By method and pattern, for example `PUT cloud/users/*`. The first match wins. */
export type OcsCalls = Readonly<Record<string, OcsCall>>
