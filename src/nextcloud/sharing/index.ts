import { z } from 'zod'
import { ChatonError, asChatonError } from '../../kit/errors.ts'
import { callRemoteOcs } from '../remote-ocs.ts'
import type { Remote } from '../remote.ts'
import { sharingAbilities } from './abilities.ts'
import type { NewShare, ReceivedShare, Share, Sharee, ShareTerms, Sharing } from './contract.ts'
import { attributesText, emailIn, hostOf, RawRemoteShare, RawShare, receivedFrom, receivedOf, shareOf, typeNumbers } from './read.ts'

const api = '/apps/files_sharing/api/v1'

/** Sharing of the account. */
export function openSharing(remote: Remote): Sharing {
  const one = (raw: RawShare): Share => shareOf(raw, remote.base)
  return {
    abilities: sharingAbilities(remote.facts),
    list: async (path) => (await callRemoteOcs(remote, `${api}/shares${path === undefined ? '' : `?path=${encodeURIComponent(`/${path}`)}`}`, { data: z.array(RawShare) })).map(one),
    received: async () => await received(remote),
    async create(share) {
      const raw = await unlessRate(async () => await callRemoteOcs(remote, `${api}/shares`, { method: 'POST', form: formOf(share), data: RawShare }))
      return raw === 'rate' ? raw : one(raw)
    },
    change: async (id, terms) => one(await callRemoteOcs(remote, `${api}/shares/${encodeURIComponent(id)}`, { method: 'PUT', form: termsForm(terms), data: RawShare })),
    async remove(id) {
      try {
        await callRemoteOcs(remote, `${api}/shares/${encodeURIComponent(id)}`, { method: 'DELETE', data: z.unknown() })
      } catch (error) {
        if (asChatonError(error).code !== 'not-found') throw error
      }
    },
    person: async (id) => await personOf(remote, id),
    groups: async () => (await callRemoteOcs(remote, '/cloud/user', { data: z.looseObject({ groups: z.array(z.string()).catch([]) }) })).groups,
  }
}

async function unlessRate<T>(act: () => Promise<T>): Promise<T | 'rate'> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof ChatonError && error.data['status'] === 429) return 'rate'
    throw error
  }
}

function formOf({ path, type, with: recipient, ...terms }: NewShare): Record<string, string> {
  const { label: _label, hideDownload: _hideDownload, ...ofPeople } = terms
  return {
    path: `/${path}`,
    shareType: String(typeNumbers[type]),
    sendMail: 'false',
    ...(recipient === '' ? {} : { shareWith: recipient }),
    ...termsForm(type === 'link' || type === 'mail' ? terms : ofPeople),
  }
}

/** An empty date is "none", also where a server would set one by itself. */
function termsForm(terms: Partial<ShareTerms>): Record<string, string> {
  const { permissions, note, label, hideDownload, attributes } = terms
  return {
    ...(permissions === undefined ? {} : { permissions: String(permissions) }),
    ...('expires' in terms ? { expireDate: terms.expires ?? '' } : {}),
    ...(note === undefined ? {} : { note }),
    ...(label === undefined ? {} : { label }),
    ...(hideDownload === undefined ? {} : { hideDownload: String(hideDownload) }),
    ...(attributes === undefined || attributes.length === 0 ? {} : { attributes: attributesText(attributes) }),
  }
}

const Sharees = z.looseObject({
  exact: z.looseObject({
    users: z.array(z.looseObject({ label: z.string(), shareWithDisplayNameUnique: z.string().optional(), value: z.looseObject({ shareType: z.number(), shareWith: z.string() }) })).catch([]),
  }),
})

/** Answers only whole matches; names and addresses are matched by servers too, so that the id is compared here. */
async function personOf(remote: Remote, id: string): Promise<Sharee | undefined> {
  const query = new URLSearchParams({ search: id, itemType: 'file', 'shareType[]': '0', lookup: 'false', perPage: '50' })
  const { exact } = await callRemoteOcs(remote, `${api}/sharees?${query.toString()}`, { data: Sharees })
  const found = exact.users.find(({ value }) => value.shareType === typeNumbers.user && value.shareWith === id)
  return found === undefined ? undefined : { id, name: found.label, email: emailIn(found.shareWithDisplayNameUnique) }
}

async function received(remote: Remote): Promise<ReceivedShare[]> {
  const host = hostOf(remote.base)
  const ask = async (path: string, waiting: boolean): Promise<ReceivedShare[]> => (await callRemoteOcs(remote, api + path, { data: z.array(RawShare) })).map((raw) => receivedOf(raw, host, waiting))
  const askRemote = async (path: string, waiting: boolean): Promise<ReceivedShare[]> =>
    (await unlessMissing(async () => await callRemoteOcs(remote, api + path, { data: z.array(RawRemoteShare) }))).map((raw) => receivedFrom(raw, waiting))
  return [
    ...(await ask('/shares?shared_with_me=true', false)),
    ...(await ask('/shares/pending', true)),
    ...(await askRemote('/remote_shares', false)),
    ...(await askRemote('/remote_shares/pending', true)),
  ]
}

/** Where federation is off, some servers have no such list. */
async function unlessMissing<T>(act: () => Promise<T[]>): Promise<T[]> {
  try {
    return await act()
  } catch (error) {
    if (asChatonError(error).code === 'not-found') return []
    throw error
  }
}
