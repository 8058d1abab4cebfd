import { z } from 'zod'
import { ChatonError } from '../kit/errors.ts'
import { ask, unexpected, type Server } from './connection.ts'

/** `status.php`, the fields we use. Absent switches mean "no": old releases leave some out. */
export const Status = z.looseObject({
  installed: z.boolean(),
  maintenance: z.boolean().default(false),
  needsDbUpgrade: z.boolean().default(false),
  version: z.string(),
  versionstring: z.string(),
  productname: z.string().default('Nextcloud'),
})
export type Status = z.infer<typeof Status>

/** Throws `remote-failed` if the server answers anything but a Nextcloud's `status.php`. */
export async function readStatus(server: Server): Promise<Status> {
  const response = await ask(server, '/status.php')
  if (response.status !== 200) throw unexpected('status.php', response)
  const parsed = Status.safeParse(parseJson(response.text))
  if (!parsed.success) {
    throw new ChatonError('remote-failed', 'status.php: the answer is not that of a Nextcloud', { cause: parsed.error })
  }
  return parsed.data
}

/** The value, or `undefined` for text that is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
