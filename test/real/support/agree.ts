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
