import { buffer } from 'node:stream/consumers'
import { z } from 'zod'
import type { Picture } from '../../../nextcloud/profile/contract.ts'
import type { Instead } from '../../contract.ts'
import { entryNames } from '../layout.ts'
import type { Archive } from './archive.ts'

const Property = z.looseObject({ value: z.string(), scope: z.string() })
const Account = z.record(z.string(), z.union([Property, z.array(Property)]))
/** Rows of preferences by app; PHP writes `[]` for none. */
const Settings = z.record(z.string(), z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())])).or(z.array(z.never()).transform(() => ({})))

const Status = z.object({ message: z.string(), icon: z.string(), predefined: z.string(), clearAt: z.number().optional().transform((clearAt) => clearAt) })

/** Names of settings of the app `core`, and those under which servers show them. */
const settings = [['lang', 'language'], ['locale', 'locale'], ['timezone', 'timezone']] as const

/** Profile, language and picture of an archive. */
export function archiveProfile(archive: Archive): Instead['profile'] {
  return {
    async read() {
      const account = (await archive.json(entryNames.account, Account)) ?? {}
      const single = Object.entries(account).flatMap(([name, value]) => (Array.isArray(value) ? [] : [[name, value] as const]))
      const mails = account['additional_mail']
      return {
        fields: { ...Object.fromEntries(single.map(([name, { value }]) => [name, value])), ...(await settingsIn(archive)) },
        scopes: Object.fromEntries(single.map(([name, { scope }]) => [name, scope])),
        otherMails: Array.isArray(mails) ? mails.map(({ value }) => value) : [],
      }
    },
    picture: async () => await pictureIn(archive),
    status: async () => await archive.json(entryNames.ourStatus, Status),
  }
}

async function settingsIn(archive: Archive): Promise<Record<string, string>> {
  const { core } = ((await archive.json(entryNames.settings, Settings)) ?? {}) as { core?: unknown }
  const values = z.record(z.string(), z.unknown()).catch({}).parse(core ?? {})
  return Object.fromEntries(settings.flatMap(([key, name]) => (typeof values[key] === 'string' ? [[name, values[key]] as const] : [])))
}

export const archiveLanguage = async (archive: Archive): Promise<string> => (await settingsIn(archive))['language'] ?? ''

const types: Readonly<Record<string, string>> = { png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg' }
const mostBytes = 20 * 2 ** 20

async function pictureIn({ zip }: Archive): Promise<Picture | undefined> {
  for (const [ending, type] of Object.entries(types)) {
    const entry = zip.entries.get(`${entryNames.avatar}${ending}`)
    if (entry !== undefined && entry.size > 0 && entry.size <= mostBytes) return { bytes: await buffer(zip.read(entry)), type }
  }
  return undefined
}
