import { expect } from 'vitest'
import { ask, type Wire } from '../../conformance/wire.ts'

/** What a person does with an invitation: opens the link, chooses a password, sends the form. Answers how they sign in from then on. */
export async function acceptInvitation(link: string, password: string): Promise<Wire> {
  const page = await fetch(link)
  const form = await page.text()
  const token = /data-requesttoken="([^"]+)"/.exec(form)?.[1] ?? ''
  const cookie = page.headers.getSetCookie().map((line) => line.split(';', 1)[0]).join('; ')
  const sent = await fetch(link.replace('/reset/form/', '/set/'), {
    method: 'POST',
    headers: { cookie, requesttoken: token, 'content-type': 'application/json' },
    body: JSON.stringify({ password, proceed: true }),
  })
  const answer = await sent.text()
  expect([sent.status, answer]).toEqual([200, expect.stringContaining('success')])
  const user = new URL(link).pathname.split('/').at(-1) ?? ''
  return { url: new URL(link).origin, user: decodeURIComponent(user), password }
}

/** The same account with an app password, as a sync client signs in: checked in a tenth of the time of the account's own. */
export async function appPassword(wire: Wire): Promise<Wire> {
  const { text } = await ask(wire, 'GET', '/ocs/v2.php/core/getapppassword?format=json', { headers: { 'ocs-apirequest': 'true', 'user-agent': 'chaton tests' } })
  return { ...wire, password: (JSON.parse(text) as { ocs: { data: { apppassword: string } } }).ocs.data.apppassword }
}
