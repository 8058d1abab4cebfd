import type { IncomingMessage } from 'node:http'
import type { AccountRow } from '../space/accounts.ts'
import type { Room } from './room.ts'

/** One request with what was found out about it. */
export interface Exchange {
  readonly room: Room
  readonly method: string
  /** Decoded parts of the path in Unicode's form C, without empty ones. */
  readonly path: readonly string[]
  /** The same as they were given: names of calendar objects and cards are kept byte by byte. */
  readonly givenPath: readonly string[]
  readonly query: URLSearchParams
  readonly request: IncomingMessage
  /** Base of absolute links: scheme and host as the client named them. */
  readonly origin: string
}

/** A request of somebody signed in. */
export interface SignedIn extends Exchange {
  readonly account: AccountRow
  /** Hash of the app password in use; `undefined` with the account's own password. */
  readonly token: string | undefined
}

export function header(exchange: Exchange, name: string): string | undefined {
  const value = exchange.request.headers[name]
  return Array.isArray(value) ? value[0] : value
}

export class BodyTooLarge extends Error {}

/** The whole body, for requests that are small by nature. */
export async function readBody(exchange: Exchange, limitBytes: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of exchange.request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > limitBytes) throw new BodyTooLarge(`The body is larger than ${limitBytes} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

export const readText = async (exchange: Exchange): Promise<string> => (await readBody(exchange, 4 * 2 ** 20)).toString('utf8')

/** A form (or a JSON object) as names and values; lists keep their last value. */
export async function readForm(exchange: Exchange): Promise<Map<string, string>> {
  const text = await readText(exchange)
  if ((header(exchange, 'content-type') ?? '').startsWith('application/json')) {
    const parsed: unknown = JSON.parse(text === '' ? '{}' : text)
    return new Map(Object.entries(parsed ?? {}).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]))
  }
  return new Map([...exchange.query, ...new URLSearchParams(text)])
}
