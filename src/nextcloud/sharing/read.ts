import { z } from 'zod'
import { parseJson } from '../status.ts'
import type { ReceivedShare, Share, ShareAttribute, ShareType } from './contract.ts'

/** IShare::TYPE_*. */
export const typeNumbers = { user: 0, group: 1, link: 3, mail: 4, federated: 6, team: 7, 'federated-group': 9, room: 10, deck: 12 } as const satisfies Partial<Record<ShareType, number>>
const typeNames = new Map<number, ShareType>(Object.entries(typeNumbers).map(([name, number]) => [number, name as ShareType]))

const Text = z.string().nullish().transform((text) => text ?? '')

/** ShareAPIController::formatShare. */
export const RawShare = z.looseObject({
  id: z.coerce.string(),
  share_type: z.coerce.number(),
  path: Text,
  permissions: z.coerce.number(),
  uid_file_owner: z.string(),
  displayname_file_owner: Text,
  uid_owner: Text,
  displayname_owner: Text,
  share_with: Text,
  share_with_displayname: Text,
  share_with_displayname_unique: Text,
  expiration: Text,
  note: Text,
  label: Text,
  password: z.unknown().optional(),
  hide_download: z.coerce.number().nullish(),
  attributes: Text,
  token: Text,
  url: Text,
  file_target: Text,
})
export type RawShare = z.infer<typeof RawShare>

/** `value` since 30, `enabled` before (ShareAttributes::toArray). */
const RawAttributes = z.array(z.looseObject({ scope: z.string(), key: z.string(), value: z.unknown().optional(), enabled: z.unknown().optional() }))

/** `base`: of the server. Pure. */
export function shareOf(raw: RawShare, base: string): Share {
  const type = typeNames.get(raw.share_type) ?? 'other'
  const link = type === 'link'
  return {
    id: raw.id,
    type,
    path: pathOf(raw.path),
    owner: { id: raw.uid_file_owner, name: raw.displayname_file_owner || raw.uid_file_owner },
    with: link ? { id: '', name: '', email: undefined } : { id: raw.share_with, name: raw.share_with_displayname || raw.share_with, email: emailIn(raw.share_with_displayname_unique) },
    permissions: raw.permissions,
    expires: /^\d{4}-\d\d-\d\d/.exec(raw.expiration)?.[0],
    note: raw.note,
    label: raw.label,
    hideDownload: raw.hide_download === 1,
    attributes: attributesIn(raw.attributes),
    protected: (link || type === 'mail') && raw.password !== null && raw.password !== undefined && raw.password !== '',
    url: link ? raw.url || undefined : type === 'mail' && raw.token !== '' ? `${base}/index.php/s/${raw.token}` : undefined,
  }
}

function attributesIn(text: string): ShareAttribute[] {
  const { data = [] } = RawAttributes.safeParse(parseJson(text))
  return data.map(({ scope, key, value, enabled }) => ({ scope, key, value: value ?? enabled }))
}

export const attributesText = (attributes: readonly ShareAttribute[]): string => JSON.stringify(attributes.map((attribute) => ({ ...attribute, enabled: attribute.value })))

export const pathOf = (path: string): string => path.split('/').filter((name) => name !== '').join('/').normalize('NFC')

/** Servers put the account's id where there is no address. */
export const emailIn = (unique: string | undefined): string | undefined => (unique?.includes('@') === true ? unique : undefined)

/** Pure. */
export function receivedOf(raw: RawShare, host: string, waiting: boolean): ReceivedShare {
  return { path: pathOf(waiting ? raw.path || raw.file_target : raw.file_target), owner: raw.displayname_file_owner || raw.uid_file_owner, cloudId: `${raw.uid_file_owner}@${host}`, waiting }
}

/** ExternalShare: `name` is that of the folder at its owner's; one that waits has `{{TemporaryMountPointName#…}}` for a mount point. */
export const RawRemoteShare = z.looseObject({ name: Text, mountpoint: Text, owner: Text, remote: Text })

/** Pure. */
export function receivedFrom(raw: z.infer<typeof RawRemoteShare>, waiting: boolean): ReceivedShare {
  const cloudId = `${raw.owner}@${hostOf(raw.remote)}`
  return { path: pathOf(waiting ? raw.name : raw.mountpoint), owner: raw.owner, cloudId, waiting }
}

export const hostOf = (address: string): string => address.replace(/^https?:\/\//, '').replace(/\/+$/, '')
