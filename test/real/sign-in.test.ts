import { describeSignIn } from '../conformance/sign-in.ts'
import { Browser, requestToken, stateToken } from './support/browser.ts'
import { onEveryRelease } from './support/releases.ts'
import { openSpace } from './support/space.ts'

/** The pages from the address to "account connected", as their forms send them. */
async function agree(base: string, login: string, person: { readonly user: string; readonly password: string }): Promise<void> {
  const browser = new Browser()
  const grant = `${base}/index.php/login/v2/grant?stateToken=${stateToken(await browser.get(login))}`
  const signIn = await browser.get(grant)
  const redirect = grant.slice(base.length)
  const page = await browser.post(`${base}/index.php/login`, { ...person, redirect_url: redirect, requesttoken: requestToken(signIn), timezone: 'Europe/Paris', timezone_offset: '1' })
  await browser.post(`${base}/index.php/login/v2/grant`, { stateToken: stateToken(page), requesttoken: requestToken(page) })
}

onEveryRelease('sign-in', (name, release) => {
  describeSignIn(name, async () => {
    const space = await openSpace(release)
    return {
      engine: space.engine,
      target: space.target,
      agree: async (login, person) => await agree(space.url, login, person),
      cleanup: async () => await space[Symbol.asyncDispose](),
    }
  })
})
