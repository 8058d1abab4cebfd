import { HttpClient } from '../../src/kit/http-stream.ts'
import { readCapabilities, readOwnUser } from '../../src/nextcloud/ocs.ts'
import { openRemote, type Remote } from '../../src/nextcloud/remote.ts'

export interface RemoteForTest extends Disposable {
  readonly remote: Remote
}

/** One account of a server of ours, with the facts that the server tells of itself. */
export async function remoteFor(account: { readonly url: string; readonly userId: string; readonly password: string }): Promise<RemoteForTest> {
  const connection = { base: account.url, user: account.userId, password: account.password }
  const { version, capabilities } = await readCapabilities(connection)
  const { id } = await readOwnUser(connection)
  const http = new HttpClient()
  const facts = { version: version.string, major: version.major, capabilities }
  const remote = openRemote({ base: account.url, user: account.userId, password: account.password, uid: id, facts, http })
  return { remote, [Symbol.dispose]: () => http[Symbol.dispose]() }
}
