import { buffer } from 'node:stream/consumers'
import { z } from 'zod'
import { discard } from '../../../kit/http-stream.ts'
import { callRemoteOcs } from '../../../nextcloud/remote-ocs.ts'
import { refusal } from '../../../nextcloud/remote.ts'
import type { Side } from '../../contract.ts'

/** Names of IAccountManager, with what `/cloud/user` calls them. */
const properties = {
  displayname: 'displayname', phone: 'phone', address: 'address', website: 'website', email: 'email', twitter: 'twitter', fediverse: 'fediverse', organisation: 'organisation',
  role: 'role', headline: 'headline', biography: 'biography', profile_enabled: 'profile_enabled', birthdate: 'birthdate', pronouns: 'pronouns', bluesky: 'bluesky',
} as const

const Own = z.looseObject({
  displayname: z.string().optional(),
  'display-name': z.string().optional(),
  email: z.string().nullish(),
  language: z.string().optional(),
  locale: z.string().optional(),
  lastLogin: z.number().optional(),
})

interface AccountProperty {
  readonly name: string
  readonly value: string
  readonly scope: string
  readonly verified: '0'
  readonly verificationData: ''
}

export interface Profile {
  readonly displayName: string
  readonly email: string | undefined
  readonly language: string | undefined
  readonly locale: string | undefined
  /** Unix seconds; 0 where unknown. */
  readonly lastLogin: number
  /** `settings/account.json`. */
  readonly account: Readonly<Record<string, AccountProperty | readonly AccountProperty[]>>
}

/** What a person may read of their own profile (UsersController::getCurrentUser). */
export async function readProfile({ remote, pace }: Side): Promise<Profile> {
  const own = await pace.run(async () => await callRemoteOcs(remote, '/cloud/user', { data: Own }))
  const text = (name: string): string | undefined => {
    const value = own[name]
    return typeof value === 'string' ? value : undefined
  }
  return {
    displayName: own.displayname ?? own['display-name'] ?? remote.uid,
    email: own.email ?? undefined,
    language: own.language,
    locale: own.locale,
    lastLogin: Math.floor((own.lastLogin ?? 0) / 1000),
    account: accountOf(text, own['additional_mail'], own['additional_mailScope']),
  }
}

function accountOf(text: (name: string) => string | undefined, mails: unknown, mailScopes: unknown): Profile['account'] {
  const single = Object.entries(properties).flatMap(([name, key]) => {
    const value = text(key)
    return value === undefined ? [] : [[name, property(name, value, text(`${key}Scope`))] as const]
  })
  const scopes = z.array(z.string()).catch([]).parse(mailScopes)
  const more = z.array(z.string()).catch([]).parse(mails)
  return { ...Object.fromEntries(single), additional_mail: more.map((value, index) => property('additional_mail', value, scopes[index])) }
}

/** Without a scope that is known, nobody else sees it. */
const property = (name: string, value: string, scope: string | undefined): AccountProperty => ({ name, value, scope: scope ?? 'v2-private', verified: '0', verificationData: '' })

const endings: Readonly<Record<string, string>> = { 'image/png': 'png', 'image/jpeg': 'jpg' }
const avatarSize = 512
const mostBytes = 20 * 2 ** 20

/** The picture that the person has chosen; undefined where the server only shows a letter. */
export async function readAvatar({ remote, pace }: Side): Promise<{ readonly bytes: Buffer; readonly ending: string } | undefined> {
  return await pace.run(async () => {
    const answer = await remote.send(`/index.php/avatar/${encodeURIComponent(remote.uid)}/${avatarSize}`)
    const ending = endings[answer.headers['content-type']?.split(';')[0] ?? '']
    const custom = answer.headers['x-nc-iscustomavatar'] === '1'
    if (answer.status >= 500 || answer.status === 429) {
      await discard(answer)
      throw refusal('reading the avatar', { ...answer, text: '' })
    }
    if (answer.status !== 200 || !custom || ending === undefined || Number(answer.headers['content-length'] ?? 0) > mostBytes) {
      await discard(answer)
      return undefined
    }
    return { bytes: await buffer(answer.body), ending }
  })
}
