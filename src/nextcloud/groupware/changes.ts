import { asChatonError, ChatonError } from '../../kit/errors.ts'
import { unquoted } from '../files/entry.ts'
import { textIn, type DavResponse } from '../multistatus.ts'
import { askDav, nameIn, type Answers } from './ask.ts'
import type { CollectionPlace } from './place.ts'
import type { Changes, ObjectMark } from './contract.ts'
import { documentOf, escapeXml, propOf } from './xml.ts'

/**
 * Refusals of a token that is too old, or that the server never gave (RFC 6578, 3.2; sabre/dav: 403 or 415). 500: seen on
 * 28.0.2 to 34.0.1 with PostgreSQL, which is asked to compare such a token with numbers.
 */
const forgotten = new Set([400, 403, 409, 412, 415, 500])
const mostPages = 10_000

/** By `sync-collection` (RFC 6578). Lists that come in pages (CardDAV since 31: 2,500 at once) are read to their end. */
export async function changesOf(place: CollectionPlace, token?: string): Promise<Changes> {
  try {
    return await pages(place, token)
  } catch (thrown) {
    const { data } = asChatonError(thrown)
    if (token === undefined || !forgotten.has(Number(data['status']))) throw thrown
    return await pages(place, undefined)
  }
}

async function pages(place: CollectionPlace, since: string | undefined): Promise<Changes> {
  const changed = new Map<string, ObjectMark>()
  const gone = new Set<string>()
  let token = since
  for (let page = 0; page < mostPages; page++) {
    const answers = await report(place, token)
    const more = take(answers, changed, gone)
    const same = answers.syncToken === undefined || answers.syncToken === token
    token = answers.syncToken
    if (!more || same) return { whole: since === undefined, changed: [...changed.values()], gone: [...gone], token }
  }
  throw new ChatonError('remote-failed', `the server's list of changes has no end`)
}

async function report({ remote, path }: CollectionPlace, token: string | undefined): Promise<Answers> {
  const body = documentOf('d:sync-collection', `<d:sync-token>${escapeXml(token ?? '')}</d:sync-token><d:sync-level>1</d:sync-level>${propOf(['d:getetag', 'd:getcontentlength'])}`)
  return await askDav(remote, path, { method: 'REPORT', depth: '1', body, what: 'listing changes' })
}

/** Answers whether there is more: a response of status 507 says so. */
function take({ responses }: Answers, changed: Map<string, ObjectMark>, gone: Set<string>): boolean {
  let more = false
  for (const response of responses) {
    const name = nameIn(response.href)
    if (response.status === 507) more = true
    else if (response.status === 404) {
      gone.add(name)
      changed.delete(name)
    } else {
      changed.set(name, markOf(name, response))
      gone.delete(name)
    }
  }
  return more
}

const markOf = (name: string, { props }: DavResponse): ObjectMark => ({ name, etag: unquoted(textIn(props['getetag'])), bytes: Number(textIn(props['getcontentlength'])) || 0 })
