import { Browser, requestToken, stateToken } from './browser.ts'

/** The pages of a Login Flow v2 from its address to "account connected", as their forms send them. */
export async function agreeInBrowser(base: string, login: string, person: { readonly user: string; readonly password: string }): Promise<void> {
  const browser = new Browser()
  const grant = `${base}/index.php/login/v2/grant?stateToken=${stateToken(await browser.get(login))}`
  const signIn = await browser.get(grant)
  const redirect = grant.slice(base.length)
  const page = await browser.post(`${base}/index.php/login`, { ...person, redirect_url: redirect, requesttoken: requestToken(signIn), timezone: 'Europe/Paris', timezone_offset: '1' })
  await browser.post(`${base}/index.php/login/v2/grant`, { stateToken: stateToken(page), requesttoken: requestToken(page) })
}

/** Signs in by the form, and asks the app user_migration on its page for an import of the archive at this path in the account. */
export async function askForImport(base: string, person: { readonly user: string; readonly password: string }, path: string): Promise<void> {
  const browser = new Browser()
  const form = await browser.get(`${base}/index.php/login`)
  const page = await browser.post(`${base}/index.php/login`, { ...person, requesttoken: requestToken(form), timezone: 'Europe/Paris', timezone_offset: '1' })
  await browser.post(`${base}/ocs/v2.php/apps/user_migration/api/v1/import`, { path, requesttoken: requestToken(page) })
}
