import { signIn } from '../auth.ts'
import { header, type Exchange } from '../exchange.ts'
import { jsonReply, type Reply } from '../reply.ts'
import type { OcsCall } from './calls.ts'
import { capabilities } from './capabilities.ts'
import { envelope, OcsError, type OcsFormat } from './envelope.ts'
import { groupCalls } from './groups.ts'
import { ownCalls } from './own.ts'
import { userCalls } from './users.ts'

const calls: readonly (readonly [method: string, pattern: readonly string[], call: OcsCall])[] = Object.entries({ ...ownCalls, ...userCalls, ...groupCalls }).map(
  ([key, call]) => {
    const [method = '', path = ''] = key.split(' ')
    return [method, path.split('/'), call] as const
  },
)

const invalidQuery =
  'Invalid query, please check the syntax. API specifications are here: http://www.freedesktop.org/wiki/Specifications/open-collaboration-services.\n'

/** `/ocs/v1.php/…` and `/ocs/v2.php/…`. */
export async function answerOcs(exchange: Exchange): Promise<Reply> {
  const [, version, ...path] = exchange.path
  const asked = exchange.query.get('format') ?? (/json/.test(header(exchange, 'accept') ?? '') ? 'json' : 'xml')
  const format: OcsFormat = { version: version === 'v1.php' ? 1 : 2, json: asked === 'json' }
  try {
    return envelope(format, 200, 'OK', await dispatch(exchange, path))
  } catch (error) {
    if (error instanceof OcsError) return envelope(format, error.code, error.message, [])
    if (error instanceof CsrfRefusal) return jsonReply(412, { message: 'CSRF check failed' })
    throw error
  }
}

class CsrfRefusal extends Error {}

async function dispatch(exchange: Exchange, path: readonly string[]): Promise<unknown> {
  const found = signIn(exchange)
  if (found.outcome === 'wrong' || found.outcome === 'disabled') throw new OcsError(997, 'Unauthorised')
  if (exchange.method === 'GET' && path.join('/') === 'cloud/capabilities') return capabilities(exchange)
  if (found.outcome !== 'in') throw new OcsError(997, 'Current user is not logged in')
  for (const [method, pattern, call] of calls) {
    const names = method === exchange.method ? match(pattern, path) : undefined
    if (names === undefined) continue
    if (header(exchange, 'ocs-apirequest') !== 'true') throw new CsrfRefusal()
    return call({ ...exchange, account: found.account, token: found.token }, names)
  }
  throw new OcsError(998, invalidQuery)
}

function match(pattern: readonly string[], path: readonly string[]): string[] | undefined {
  if (pattern.length !== path.length) return undefined
  const fits = pattern.every((part, index) => part === '*' || part === path[index])
  return fits ? path.filter((_part, index) => pattern[index] === '*') : undefined
}
