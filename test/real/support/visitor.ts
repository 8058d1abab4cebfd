import { expect } from 'vitest'
import { choosePasswordAt } from '../../conformance/engine-steps.ts'
import { ask, type Wire } from '../../conformance/wire.ts'

/** What a person does with an invitation: opens the link, chooses a password, sends the form. Answers how they sign in from then on. */
export async function acceptInvitation(link: string, password: string): Promise<Wire> {
  const { origin, pathname } = new URL(link)
  const user = decodeURIComponent(pathname.split('/').at(-1) ?? '')
  expect(await choosePasswordAt(origin, pathname, password)).toMatchObject({ status: 'success', user })
  return { url: origin, user, password }
}

/** The same account with an app password, as a sync client signs in: checked in a tenth of the time of the account's own. */
export async function appPassword(wire: Wire): Promise<Wire> {
  const { text } = await ask(wire, 'GET', '/ocs/v2.php/core/getapppassword?format=json', { headers: { 'ocs-apirequest': 'true', 'user-agent': 'chaton tests' } })
  return { ...wire, password: (JSON.parse(text) as { ocs: { data: { apppassword: string } } }).ocs.data.apppassword }
}
