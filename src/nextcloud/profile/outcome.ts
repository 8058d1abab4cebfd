import { saidIn, refusal, type RemoteText } from '../remote.ts'
import { parseJson } from '../status.ts'
import type { SetOutcome } from './contract.ts'
import { z } from 'zod'

const Said = z.looseObject({ ocs: z.looseObject({ meta: z.looseObject({ message: z.string().nullish() }) }).optional(), message: z.string().optional() })

/** Of an answer to a change. Throws for what may pass by itself (5xx, 423) and for a sign-in that no longer works. */
export function outcomeOf(what: string, answer: RemoteText): SetOutcome {
  const { status } = answer
  if (status === 200 || status === 201) return { outcome: 'set' }
  if (status === 429) return { outcome: 'rate' }
  const error = refusal(what, answer)
  if (status === 401 || error.retryable) throw error
  const said = saidOf(answer.text)
  // PasswordConfirmationMiddleware.php: NotConfirmedException.
  if (status === 403 && /password confirmation/i.test(said)) return { outcome: 'confirm' }
  return { outcome: 'refused', message: said === '' ? `the server answered ${status}` : said }
}

function saidOf(text: string): string {
  const parsed = Said.safeParse(parseJson(text))
  return (parsed.data?.ocs?.meta.message ?? parsed.data?.message ?? saidIn(text) ?? '').trim()
}
