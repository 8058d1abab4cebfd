import { z } from 'zod'
import type { Place } from './contract.ts'

/** Name of the app passwords of an evacuation in the list of the account's devices. */
export const appPasswordLabel = 'chaton (move)'

const Tokens = z.array(z.looseObject({ id: z.coerce.string(), name: z.string() }))

/** App passwords that a run had made when it was killed, before it could take them down. Answers how many were deleted. */
export async function deleteStrays({ engine, target }: Place, userId: string): Promise<number> {
  if (engine.sandbox) return 0
  const listed = await engine.occ(target, ['user:auth-tokens:list', '--output=json', '--', userId])
  const tokens = listed.exitCode === 0 ? Tokens.safeParse(JSON.parse(listed.stdout)) : undefined
  const strays = (tokens?.data ?? []).filter(({ name }) => name === appPasswordLabel)
  for (const { id } of strays) await engine.occ(target, ['user:auth-tokens:delete', '--', userId, id])
  return strays.length
}
