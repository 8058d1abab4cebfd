import { z } from 'zod'
import { ChatonError } from '../kit/errors.ts'
import { filePath } from './dav.ts'
import { refusal, sendForText, type Remote } from './remote.ts'
import { callRemoteOcs } from './remote-ocs.ts'

const question = '<?xml version="1.0"?><d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop><oc:id/></d:prop></d:propfind>'

/**
 * Two addresses with the same answer lead to the same account of the same server: `oc:id` of the account's root is its file id
 * with the instance id behind it (FilesPlugin.php, Node::getFileId).
 */
export async function readIdentity(remote: Remote): Promise<string> {
  const answer = await sendForText(remote, `${filePath(remote.uid, '')}/`, { method: 'PROPFIND', body: question, headers: { depth: '0', 'content-type': 'application/xml' } })
  if (answer.status !== 207) throw refusal('reading the account', answer)
  const id = /<oc:id>([^<]+)<\/oc:id>/.exec(answer.text)?.[1]
  if (id === undefined) throw new ChatonError('remote-failed', `${remote.base} does not tell which account this is`)
  return id
}

const Settings = z.looseObject({ language: z.string().catch('en') })

/** The language that the account is shown, `fr` or `de_AT`. */
export async function readLanguage(remote: Remote): Promise<string> {
  return (await callRemoteOcs(remote, '/cloud/user', { data: Settings })).language
}

const Entry = z.looseObject({ id: z.string(), name: z.string() })
const Entries = z.union([z.array(Entry), z.record(z.string(), Entry).transform((byId) => Object.values(byId))])

export interface AppEntry {
  readonly id: string
  readonly name: string
}

/** Apps in the menu of the account (`/core/navigation/apps`, NavigationController.php); empty where the server has no such list. */
export async function readApps(remote: Remote): Promise<AppEntry[]> {
  try {
    return (await callRemoteOcs(remote, '/core/navigation/apps', { data: Entries })).map(({ id, name }) => ({ id, name }))
  } catch (error) {
    if (error instanceof ChatonError && error.code === 'not-found') return []
    throw error
  }
}
