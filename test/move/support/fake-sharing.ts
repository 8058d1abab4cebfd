import { Readable } from 'node:stream'
import type { StreamRequest } from '../../../src/kit/http-stream.ts'
import type { Remote } from '../../../src/nextcloud/remote.ts'

/** A share as `ShareAPIController::formatShare` gives it, as far as tests look at it. */
export type RawShare = Record<string, string | number | null>

interface Settings {
  readonly uid: string
  readonly base: string
  readonly major?: number
  /** Accounts and groups that can be found. */
  readonly people?: readonly { readonly id: string; readonly name: string; readonly email?: string }[]
  readonly groups?: readonly string[]
  readonly enforced?: boolean
  readonly federation?: boolean
}

/** The OCS interface of sharing, as one account sees it, without a server. `meddle` runs before each answer, and may throw or answer itself. */
export interface FakeSharing {
  readonly remote: Remote
  readonly shares: RawShare[]
  readonly asked: string[]
  meddle: (call: string, done: () => void) => number | undefined
}

export function fakeSharing({ uid, base, major = 34, people = [], groups = [], enforced = false, federation = true }: Settings): FakeSharing {
  const shares: RawShare[] = []
  const asked: string[] = []
  let last = 0
  const shareFor = (form: URLSearchParams): RawShare => ({
    id: String(++last), share_type: Number(form.get('shareType')), path: form.get('path'), permissions: Number(form.get('permissions')), uid_owner: uid, displayname_owner: uid,
    uid_file_owner: uid, displayname_file_owner: uid, share_with: form.get('shareWith'), share_with_displayname: form.get('shareWith'), expiration: form.get('expireDate') ? `${form.get('expireDate') ?? ''} 00:00:00` : null,
    note: form.get('note') ?? '', label: form.get('label') ?? '', ...(form.get('shareType') === '3' ? { password: null } : {}), hide_download: 0, attributes: form.get('attributes'), token: `t${last}`, url: `${base}/s/t${last}`,
  })
  const act = (method: string, path: string, query: URLSearchParams, form: URLSearchParams): unknown => {
    if (path === '/cloud/user') return { groups }
    if (path.endsWith('/sharees')) {
      const found = people.filter(({ id }) => id === query.get('search'))
      return { exact: { users: found.map(({ id, name, email }) => ({ label: name, shareWithDisplayNameUnique: email ?? id, value: { shareType: 0, shareWith: id } })) } }
    }
    if (method === 'GET') return path.endsWith('/shares') && !query.has('shared_with_me') ? shares.filter((share) => (query.get('path') ?? share['path']) === share['path']) : []
    if (method === 'POST') return shares[shares.push(shareFor(form)) - 1]
    const known = shares.find(({ id }) => path.endsWith(`/shares/${String(id)}`))
    if (known === undefined) return undefined
    if (method === 'DELETE') shares.splice(shares.indexOf(known), 1)
    set(known, form)
    return known
  }
  const fake: FakeSharing = {
    shares,
    asked,
    meddle: (_call, done) => {
      done()
      return undefined
    },
    remote: {
      base,
      uid,
      facts: { version: `${major}.0.1`, major, capabilities: { files_sharing: { api_enabled: true, group_sharing: true, public: { enabled: true, password: { enforced } }, federation: { outgoing: federation, incoming: federation } } } },
      async send(address: string, { method = 'GET', body }: StreamRequest = {}) {
        const url = new URL(base + address)
        const path = url.pathname.replace('/ocs/v2.php', '')
        const call = `${method} ${path}`
        asked.push(`${call} ${typeof body === 'string' ? decodeURIComponent(body) : url.search}`)
        let data: unknown
        const status = fake.meddle(call, () => void (data = act(method, path, url.searchParams, new URLSearchParams(typeof body === 'string' ? body : '')))) ?? (data === undefined ? 404 : 200)
        const text = JSON.stringify({ ocs: { meta: { statuscode: status, message: '' }, data: data ?? [] } })
        return await Promise.resolve({ status, headers: {}, body: Readable.from([Buffer.from(text)]) })
      },
    },
  }
  return fake
}

function set(known: RawShare, form: URLSearchParams): void {
  for (const [name, field] of [['label', 'label'], ['note', 'note'], ['attributes', 'attributes']] as const) if (form.has(name)) known[field] = form.get(name)
  if (form.has('permissions')) known['permissions'] = Number(form.get('permissions'))
  if (form.has('expireDate')) known['expiration'] = form.get('expireDate') || null
  if (form.has('hideDownload')) known['hide_download'] = form.get('hideDownload') === 'true' ? 1 : 0
}

/** One as a person may have made it at the source. */
export const rawShare = (more: RawShare): RawShare => ({
  share_type: 3, path: '/Photos', permissions: 17, uid_owner: 'camille', displayname_owner: 'Camille', uid_file_owner: 'camille', displayname_file_owner: 'Camille',
  share_with: null, share_with_displayname: '', expiration: null, note: '', label: '', password: null, hide_download: 0, attributes: null, token: 'old', url: `https://old.example/s/old${String(more['id'])}`, ...more,
})
