import { z } from 'zod'
import { ChatonError } from '../../kit/errors.ts'
import { sendForText, type Remote } from '../remote.ts'
import { callRemoteOcs } from '../remote-ocs.ts'
import type { ProfileData, RemoteProfile, SetOutcome, StatusMessage } from './contract.ts'
import { outcomeOf } from './outcome.ts'
import { readPicture, writePicture } from './picture.ts'

const statusPath = '/apps/user_status/api/v1/user_status'

/** Profile and settings over OCS (apps/provisioning_api, apps/user_status), the picture over core's AvatarController. */
export function openProfile(remote: Remote): RemoteProfile {
  return {
    read: async () => await readProfile(remote),
    set: async (key, value) => await put(remote, `/cloud/users/${encodeURIComponent(remote.uid)}`, { key, value }),
    picture: async () => await readPicture(remote),
    setPicture: async (picture) => await writePicture(remote, picture),
    status: async () => await readStatus(remote),
    setStatus: async ({ message, icon, predefined, clearAt }) => {
      const until = clearAt === undefined ? {} : { clearAt: String(clearAt) }
      if (predefined !== '') return await put(remote, `${statusPath}/message/predefined`, { messageId: predefined, ...until })
      return await put(remote, `${statusPath}/message/custom`, { message, ...(icon === '' ? {} : { statusIcon: icon }), ...until })
    },
  }
}

async function put(remote: Remote, path: string, form: Readonly<Record<string, string>>): Promise<SetOutcome> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return outcomeOf('changing the profile', await sendForText(remote, `/ocs/v2.php${path}?format=json`, { method: 'PUT', headers, body: new URLSearchParams({ ...form }).toString() }))
}

const User = z.looseObject({ additional_mail: z.array(z.string()).catch([]) })

/** AUserData::getUserData: fields, and who sees them under the same name with `Scope` behind. */
async function readProfile(remote: Remote): Promise<ProfileData> {
  const data = await callRemoteOcs(remote, '/cloud/user', { data: User })
  const texts = Object.entries(data).flatMap(([name, value]) => (value === null ? [[name, ''] as const] : typeof value === 'string' ? [[name, value] as const] : []))
  const isScope = (name: string): boolean => name.endsWith('Scope')
  return {
    fields: Object.fromEntries(texts.filter(([name]) => !isScope(name))),
    scopes: Object.fromEntries(texts.filter(([name]) => isScope(name)).map(([name, value]) => [name.replace(/Scope$/, ''), value])),
    otherMails: data.additional_mail,
  }
}

const Status = z.looseObject({ message: z.string().nullable(), icon: z.string().nullable(), messageId: z.string().nullable(), messageIsPredefined: z.boolean(), clearAt: z.number().nullable() })

/** 404: the person never set one. */
async function readStatus(remote: Remote): Promise<StatusMessage | undefined> {
  if (remote.facts.capabilities['user_status'] === undefined) return undefined
  try {
    const { message, icon, messageId, messageIsPredefined, clearAt } = await callRemoteOcs(remote, statusPath, { data: Status })
    const predefined = messageIsPredefined ? (messageId ?? '') : ''
    if (predefined === '' && (message ?? '') === '') return undefined
    return { message: predefined === '' ? (message ?? '') : '', icon: icon ?? '', predefined, clearAt: clearAt ?? undefined }
  } catch (error) {
    if (error instanceof ChatonError && error.code === 'not-found') return undefined
    throw error
  }
}
