import { buffer } from 'node:stream/consumers'
import { z } from 'zod'
import { randomName } from '../../kit/random.ts'
import { discard } from '../../kit/http-stream.ts'
import { refusal, sendForText, type Remote, type RemoteText } from '../remote.ts'
import { parseJson } from '../status.ts'
import type { Picture, SetOutcome } from './contract.ts'
import { outcomeOf } from './outcome.ts'

/** AvatarController.php. A header tells pictures of people from those drawn by the server. */
export async function readPicture(remote: Remote): Promise<Picture | undefined> {
  const answer = await remote.send(`/index.php/avatar/${encodeURIComponent(remote.uid)}/512`)
  if (answer.status !== 200 || answer.headers['x-nc-iscustomavatar'] !== '1') {
    await discard(answer)
    if (answer.status >= 400 && answer.status !== 404) throw refusal('reading the picture', { ...answer, text: '' })
    return undefined
  }
  return { bytes: await buffer(answer.body), type: answer.headers['content-type']?.split(';')[0] ?? 'image/png' }
}

const Answer = z.looseObject({ status: z.string().optional(), data: z.union([z.string(), z.looseObject({ message: z.string().optional() })]).optional() })

/**
 * Most servers want the token of a session, as their pages have it: the header by which they know programs is not enough (28.0.2, 29.0.1
 * and 32.0.1 answer 412 to it alone; for 34.0.1 it is).
 */
export async function writePicture(remote: Remote, picture: Picture): Promise<SetOutcome> {
  const first = await post(remote, picture, {})
  const answer = first.status === 412 ? await post(remote, picture, await session(remote)) : first
  const outcome = outcomeOf('setting the picture', answer)
  if (outcome.outcome !== 'set') return outcome
  const said = Answer.safeParse(parseJson(answer.text)).data
  if (said?.status === 'success') return outcome
  return { outcome: 'refused', message: (typeof said?.data === 'string' ? said.data : said?.data?.message) ?? 'it was not taken' }
}

async function post(remote: Remote, { bytes, type }: Picture, headers: Readonly<Record<string, string>>): Promise<RemoteText> {
  const boundary = randomName(24)
  const head = `--${boundary}\r\ncontent-disposition: form-data; name="files[]"; filename="avatar"\r\ncontent-type: ${type}\r\n\r\n`
  const body = Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)])
  return await sendForText(remote, '/index.php/avatar/', { method: 'POST', headers: { ...headers, 'content-type': `multipart/form-data; boundary=${boundary}` }, body })
}

/** CSRFTokenController.php: a token, with the cookies of the session that it belongs to. */
async function session(remote: Remote): Promise<Record<string, string>> {
  const answer = await sendForText(remote, '/index.php/csrftoken')
  const token = z.looseObject({ token: z.string() }).safeParse(parseJson(answer.text)).data?.token
  if (answer.status !== 200 || token === undefined) return {}
  return { requesttoken: token, cookie: cookiesIn(answer.headers['set-cookie'] ?? '') }
}

/** Names and values out of joined `Set-Cookie` headers; a later one of a name replaces an earlier. Pure. */
export function cookiesIn(header: string): string {
  const found = [...header.matchAll(/(?:^|, )([^=;,\s]+)=([^;,]*)/g)].map(([, name = '', value = '']) => [name, value] as const)
  return [...new Map(found)].map(([name, value]) => `${name}=${value}`).join('; ')
}
