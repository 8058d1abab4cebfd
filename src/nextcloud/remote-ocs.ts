import { z } from 'zod'
import { ChatonError } from '../kit/errors.ts'
import { refusal, sendForText, type Remote } from './remote.ts'
import { parseJson } from './status.ts'

const Envelope = z.looseObject({
  ocs: z.looseObject({ meta: z.looseObject({ statuscode: z.coerce.number(), message: z.string().nullish() }), data: z.unknown() }),
})

export interface RemoteOcsCall<T> {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Sent as a form. */
  readonly form?: Readonly<Record<string, string>>
  /** Of `ocs.data`. */
  readonly data: z.ZodType<T>
}

/** One OCS v2 call; `path` starts after `/ocs/v2.php`. Throws {@link refusal} for any status but 200 and 201, with what the envelope says. */
export async function callRemoteOcs<T>(remote: Remote, path: string, { method = 'GET', form, data }: RemoteOcsCall<T>): Promise<T> {
  const answer = await sendForText(remote, `/ocs/v2.php${path}${path.includes('?') ? '&' : '?'}format=json`, {
    method,
    ...(form === undefined ? {} : { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ ...form }).toString() }),
  })
  const envelope = Envelope.safeParse(parseJson(answer.text))
  if (answer.status !== 200 && answer.status !== 201) {
    const said = envelope.data?.ocs.meta.message
    throw refusal(path, said ? { ...answer, text: `<message>${said.replaceAll('<', '')}</message>` } : answer)
  }
  const parsed = data.safeParse(envelope.data?.ocs.data)
  if (parsed.success) return parsed.data
  throw new ChatonError('remote-failed', `${path}: the answer has another shape than expected`, { cause: parsed.error })
}
