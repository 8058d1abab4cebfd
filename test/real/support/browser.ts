/** As much of a browser as the pages of a Nextcloud need: cookies, redirects, the token of its forms. */
export class Browser {
  readonly #cookies = new Map<string, string>()

  async get(url: string): Promise<string> {
    return await this.#send(url, {})
  }

  async post(url: string, form: Readonly<Record<string, string>>): Promise<string> {
    return await this.#send(url, { method: 'POST', body: new URLSearchParams(form) })
  }

  async #send(url: string, init: RequestInit): Promise<string> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(url, { ...init, redirect: 'manual', headers: { cookie, origin: new URL(url).origin, accept: 'text/html' } })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === 'deleted') this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    const location = answer.headers.get('location')
    if (answer.status >= 300 && answer.status < 400 && location !== null) return await this.get(new URL(location, url).href)
    const text = await answer.text()
    if (answer.status !== 200) throw new Error(`${url}: ${answer.status}\n${text.slice(0, 2000)}`)
    return text
  }
}

/** `data-requesttoken` of a page's head. */
export const requestToken = (page: string): string => unescape(/data-requesttoken="([^"]+)"/.exec(page)?.[1] ?? '')

/** The token of the sign-in that a page goes on with: in its form, or (34) in the initial state of its script, base64 of JSON. */
export function stateToken(page: string): string {
  const field = /name="stateToken"\s+value="([^"]+)"/.exec(page)?.[1]
  if (field !== undefined) return unescape(field)
  const state = /id="initial-state-core-loginFlow(?:Auth|Grant)"\s+value="([^"]+)"/.exec(page)?.[1] ?? ''
  return (JSON.parse(Buffer.from(state, 'base64').toString('utf8') || '{}') as { stateToken?: string }).stateToken ?? ''
}

const unescape = (text: string): string => text.replaceAll('&#43;', '+').replaceAll('&quot;', '"').replaceAll('&amp;', '&')
