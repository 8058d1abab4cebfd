import type { StreamAnswer } from '../kit/http-stream.ts'
import type { Remote } from './remote.ts'

type Cookies = Map<string, string>

/**
 * The same account, with the session cookies of its server kept: it then need not sign in again for each request (measured on 32.0.1:
 * a third of the time of a PUT). A session is used by one request at a time, as servers make the others wait. Nextcloud takes a
 * request with cookies only with the header `OCS-APIRequest`, which `Remote` always sends. A POST goes without: DAV servers end the
 * session of a POST that has no request token (apps/dav/lib/Connector/Sabre/Auth.php).
 */
export function withSessions(remote: Remote): Remote {
  const idle: Cookies[] = []
  return {
    ...remote,
    async send(path, options = {}) {
      if (options.method === 'POST') return await remote.send(path, options)
      const cookies = idle.pop() ?? new Map<string, string>()
      const header = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const answer = await remote.send(path, header === '' ? options : { ...options, headers: { ...options.headers, cookie: header } })
      keep(cookies, answer)
      // A session that was refused is not used again.
      if (answer.status !== 401) answer.body.once('close', () => idle.push(cookies))
      return answer
    },
  }
}

/** Several `Set-Cookie` headers come joined by commas, which also stand in dates. */
function keep(cookies: Cookies, { headers }: StreamAnswer): void {
  for (const cookie of (headers['set-cookie'] ?? '').split(/,\s*(?=[^;,=\s]+=)/)) {
    const [, name, value = ''] = /^\s*([^=;\s]+)=([^;]*)/.exec(cookie) ?? []
    if (name === undefined) continue
    if (value === 'deleted' || value === '') cookies.delete(name)
    else cookies.set(name, value)
  }
}
