import { ask } from '../../conformance/wire.ts'
import type { PersonForTest } from '../support/spaces.ts'

type Data = Record<string, string | number | null>

/** A plain OCS call of the sharing app, as the person; throws for what is no success. */
export async function ocs<T = Data[]>({ url, userId, password }: Pick<PersonForTest, 'url' | 'userId' | 'password'>, method: string, path: string, form: Readonly<Record<string, string>> = {}): Promise<T> {
  const body = new URLSearchParams(form).toString()
  const answer = await ask({ url, user: userId, password }, method, `/ocs/v2.php/apps/files_sharing/api/v1/${path}${path.includes('?') ? '&' : '?'}format=json`, {
    headers: { 'ocs-apirequest': 'true', 'content-type': 'application/x-www-form-urlencoded' },
    ...(method === 'GET' ? {} : { body }),
  })
  if (answer.status !== 200) throw new Error(`${method} ${path} ${body}: ${answer.status} ${answer.text}`)
  return (JSON.parse(answer.text) as { ocs: { data: T } }).ocs.data
}

export type ShareData = Data

/** Shares that the person has made. */
export const sharesOf = async (person: PersonForTest): Promise<ShareData[]> => await ocs(person, 'GET', 'shares')

export const share = async (person: PersonForTest, form: Readonly<Record<string, string>>): Promise<ShareData> => await ocs<ShareData>(person, 'POST', 'shares', form)
