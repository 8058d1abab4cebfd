import { http } from '../../../kit/node-http.ts'
import { ChatonError } from '../../../kit/errors.ts'

/** Where Caddy's admin interface listens: a Unix socket (absolute path) or `host:port`. */
export type AdminAddress = string

interface Answer {
  readonly status: number
  readonly text: string
}

const timeoutMs = 60_000

/**
 * Makes Caddy take this Caddyfile, all of it or nothing; requests under way are finished by the old configuration.
 * Throws `bad-input` with Caddy's own words where the file is not valid (nothing has changed then), `remote-failed`
 * where Caddy does not answer.
 */
export async function loadCaddyfile(address: AdminAddress, caddyfile: string): Promise<void> {
  const answer = await post(address, caddyfile)
  if (answer.status === 200) return
  throw new ChatonError('bad-input', `Caddy refused its configuration (${answer.status}): ${answer.text.trim()}`, { actor: 'bug' })
}

async function post(address: AdminAddress, body: string): Promise<Answer> {
  const colon = address.lastIndexOf(':')
  const target = address.startsWith('/') ? { socketPath: address } : { host: address.slice(0, colon), port: address.slice(colon + 1) }
  // Caddy's admin takes requests on a Unix socket with an empty Host only; as a list, headers are sent as they are.
  const host = address.startsWith('/') ? '' : address
  const headers = ['Host', host, 'Content-Type', 'text/caddyfile', 'Content-Length', String(Buffer.byteLength(body))]
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(new ChatonError('remote-failed', `Caddy does not answer at ${address}: ${error.message}`, { retryable: true, cause: error }))
    const sent = http.request({ ...target, method: 'POST', path: '/load', headers, timeout: timeoutMs }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }))
      response.on('error', fail)
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer within a minute')))
    sent.on('error', fail)
    sent.end(body)
  })
}
