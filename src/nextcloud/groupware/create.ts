import { refusal, sendForText, type Remote } from '../remote.ts'
import { saidOf } from './ask.ts'
import type { CreateOutcome } from './contract.ts'
import { documentOf, settingOf, type XmlProperty } from './xml.ts'

/** About this one alone: others may still be taken. 500: a name or description of more than 255 characters (28.0.2, 32.0.1 and 34.0.1 on PostgreSQL). */
const refusable = new Set([400, 403, 409, 415, 500])

/** Extended MKCOL (RFC 5689). `type` is the content of `d:resourcetype` beside `d:collection`. */
export async function makeCollection(remote: Remote, path: string, { type, properties }: { readonly type: string; readonly properties: readonly XmlProperty[] }): Promise<CreateOutcome> {
  const body = documentOf('d:mkcol', settingOf([['d:resourcetype', `<d:collection/>${type}`], ...properties]))
  const answer = await sendForText(remote, path, { method: 'MKCOL', body, headers: { 'content-type': 'application/xml; charset=utf-8' } })
  if (answer.status === 201) return { outcome: 'made' }
  if (answer.status === 405) return { outcome: 'taken' }
  if (answer.status === 429) return { outcome: 'rate' }
  if (answer.status === 403 && /limit reached/i.test(answer.text)) return { outcome: 'limit' }
  if (refusable.has(answer.status)) return { outcome: 'refused', status: answer.status, message: saidOf(answer) }
  throw refusal('making a calendar or address book', answer)
}

export async function setProperties(remote: Remote, path: string, properties: readonly XmlProperty[]): Promise<void> {
  if (properties.length === 0) return
  const body = documentOf('d:propertyupdate', settingOf(properties))
  const answer = await sendForText(remote, path, { method: 'PROPPATCH', body, headers: { 'content-type': 'application/xml; charset=utf-8' } })
  if (answer.status !== 207) throw refusal('setting properties', answer)
}

/** Into the server's trash, where it has one. Fine if it is not there. */
export async function removeCollection(remote: Remote, path: string, headers: Readonly<Record<string, string>>): Promise<void> {
  const answer = await sendForText(remote, path, { method: 'DELETE', headers })
  if (answer.status !== 204 && answer.status !== 200 && answer.status !== 404) throw refusal('deleting a calendar or address book', answer)
}
