import type { Share, ShareTerms, ShareType } from '../../nextcloud/sharing/contract.ts'

/** Servers add the right to share on to links, by their own settings. */
const sharing = 16

type Granted = Pick<Share, 'type' | 'protected'> & ShareTerms

const bitsOf = ({ type, permissions }: Pick<Granted, 'type' | 'permissions'>): number => (type === 'link' || type === 'mail' ? permissions & ~sharing : permissions)

/** Only those that can be written on every server: before 30 a value is true or false. */
const attributesOf = ({ attributes }: Pick<ShareTerms, 'attributes'>): ShareTerms['attributes'] => attributes.filter(({ value }) => typeof value === 'boolean')

/** What is asked of the destination. Pure. */
export function termsOf({ permissions, expires, note, label, hideDownload, attributes }: ShareTerms): ShareTerms {
  return { permissions, expires, note, label, hideDownload, attributes: attributesOf({ attributes }) }
}

/** Changes with whatever a person can change in a share. Pure. */
export function markOf(share: Granted): string {
  const attributes = attributesOf(share).map(({ scope, key, value }) => `${scope}/${key}=${String(value)}`).toSorted()
  return JSON.stringify([bitsOf(share), share.expires ?? '', share.note, share.label, share.hideDownload, share.protected, attributes])
}

const mayNotDownload = ({ attributes }: ShareTerms): boolean => attributes.some(({ scope, key, value }) => scope === 'permissions' && key === 'download' && value === false)

/** Whether `there` would let somebody do what `here` does not, or for longer. Pure. */
export function grantsMore(there: Granted, here: Granted): boolean {
  const more = (bitsOf(there) & ~bitsOf(here)) !== 0
  const longer = here.expires !== undefined && (there.expires === undefined || there.expires > here.expires)
  const bare = here.protected && !there.protected
  const download = (here.hideDownload && !there.hideDownload) || (mayNotDownload(here) && !mayNotDownload(there))
  return more || longer || bare || download
}

/** What differs between a share and the one made after it, for people; undefined: nothing that counts. Pure. */
export function differenceBetween(here: Granted, there: Granted): string | undefined {
  if (bitsOf(here) !== bitsOf(there)) return 'its rights at the new host are not those of the old one'
  if (here.expires !== there.expires) return there.expires === undefined ? 'it does not end at the new host' : `it ends on ${there.expires} at the new host`
  if (here.hideDownload !== there.hideDownload || mayNotDownload(here) !== mayNotDownload(there)) return 'whether it may be downloaded is not as at the old host'
  if (here.type === 'link' && (here.label !== there.label || here.note !== there.note)) return 'its name or note is not as at the old host'
  return undefined
}

/** Ids of accounts at other servers are written with or without protocol and slash. Pure. */
export function sameRecipient(type: ShareType, one: string, other: string): boolean {
  if (type !== 'federated') return one === other
  return plainCloudId(one) === plainCloudId(other)
}

const plainCloudId = (id: string): string => {
  const { user, host } = partsOf(id)
  return `${user}@${host}`
}

/** `bob@https://old.example/cloud/` is `bob` at `old.example/cloud`. Ids may have an @ themselves. Pure. */
export function partsOf(cloudId: string): { readonly user: string; readonly host: string } {
  const address = cloudId.search(/@https?:\/\//)
  const at = address >= 0 ? address : cloudId.lastIndexOf('@')
  return { user: cloudId.slice(0, at), host: cloudId.slice(at + 1).replace(/^https?:\/\//, '').replace(/\/+$/, '').replace(/\/index\.php$/, '').toLowerCase() }
}
