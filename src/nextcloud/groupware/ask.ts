import { ChatonError } from '../../kit/errors.ts'
import { textOf } from '../../kit/http-stream.ts'
import { readMultistatus, type DavResponse } from '../multistatus.ts'
import { refusal, saidIn, type Remote, type RemoteText } from '../remote.ts'

/** A server may look at thousands of objects for minutes before its first byte. */
const patienceMs = 600_000

export interface Question {
  readonly method: 'PROPFIND' | 'REPORT'
  readonly depth: '0' | '1'
  readonly body: string
  /** For people. */
  readonly what: string
}

export interface Answers {
  readonly responses: readonly DavResponse[]
  readonly syncToken: string | undefined
}

/** All responses of one multistatus. Throws `refusal` for another answer. */
export async function askDav(remote: Remote, path: string, { method, depth, body, what }: Question): Promise<Answers> {
  const answer = await remote.send(path, { method, headers: { depth, 'content-type': 'application/xml; charset=utf-8' }, body, idleTimeoutMs: patienceMs })
  if (answer.status !== 207) throw refusal(what, { ...answer, text: await textOf(answer) })
  let syncToken: string | undefined
  const responses: DavResponse[] = []
  for await (const response of readMultistatus(answer.body, (token) => (syncToken = token))) responses.push(response)
  return { responses, syncToken }
}

/** The last name in an address, decoded. Unlike names of files these are not normalised: servers keep them byte by byte. */
export function nameIn(href: string): string {
  const last = href.replace(/\/+$/, '').split('/').at(-1) ?? ''
  try {
    return decodeURIComponent(last)
  } catch {
    throw new ChatonError('remote-failed', `the server listed "${href}", which is no address`)
  }
}

/** What a server says in a refusal, for people; its status where it says nothing. */
export const saidOf = ({ status, text }: RemoteText): string => saidIn(text)?.replaceAll(/\s+/g, ' ') ?? `the server answered ${status}`
