import { etagIn } from '../files/entry.ts'
import { refusal, sendForText } from '../remote.ts'
import { saidOf } from './ask.ts'
import { addressOfObject, type CollectionPlace } from './place.ts'
import type { Over, PutOutcome } from './contract.ts'

/** About this object alone: others may still be taken. */
const ofTheObject = new Set([400, 403, 409, 412, 413, 415, 422, 500])

export async function putObject(place: CollectionPlace, { name, data, over }: { readonly name: string; readonly data: string; readonly over: Over }): Promise<PutOutcome> {
  const { remote, dialect } = place
  const condition: Record<string, string> = over === 'new' ? { 'if-none-match': '*' } : { 'if-match': `"${over.etag}"` }
  const answer = await sendForText(remote, addressOfObject(place, name), { method: 'PUT', body: data, headers: { 'content-type': dialect.contentType, ...dialect.headers, ...condition } })
  if (answer.status === 201 || answer.status === 204 || answer.status === 200) return { outcome: 'written', etag: etagIn(answer) }
  if (ofTheObject.has(answer.status)) return { outcome: 'refused', status: answer.status, message: saidOf(answer) }
  throw refusal(`writing "${name}"`, answer)
}

export async function removeObject(place: CollectionPlace, name: string, etag: string): Promise<'removed' | 'absent' | 'changed'> {
  const answer = await sendForText(place.remote, addressOfObject(place, name), { method: 'DELETE', headers: { ...place.dialect.headers, 'if-match': `"${etag}"` } })
  if (answer.status === 204 || answer.status === 200) return 'removed'
  if (answer.status === 404) return 'absent'
  // sabre/dav checks the condition first, and says so of what is not there (Server::checkPreconditions).
  if (answer.status === 412) return answer.text.includes('did not exist') ? 'absent' : 'changed'
  throw refusal(`deleting "${name}"`, answer)
}
