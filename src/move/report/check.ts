import type { Moves } from '../moves.ts'
import { checkSeal, type Seal } from './seal.ts'

/** As {@link checkSeal}, with the move of this machine whose key it is. */
export async function checkReport(moves: Moves, text: string, name: string): Promise<Seal & { readonly move?: string }> {
  const seal = checkSeal(text, name)
  for (const id of await moves.ids()) {
    using move = await moves.open(id)
    if (move.facts.get('publicKey') === seal.publicKey) return { ...seal, move: id }
  }
  return seal
}
