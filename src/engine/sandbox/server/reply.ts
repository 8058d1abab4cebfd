import type { Readable } from 'node:stream'

/** What goes back over the wire. */
export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer | Readable
}

export const reply = (status: number, headers: Readonly<Record<string, string>> = {}, body?: Reply['body']): Reply => ({
  status,
  headers,
  ...(body === undefined ? {} : { body }),
})

export const jsonReply = (status: number, value: unknown): Reply =>
  reply(status, { 'content-type': 'application/json; charset=utf-8' }, JSON.stringify(value))

interface DavErrorDetails {
  /** The request header at fault, named in the answer. */
  readonly header?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Set for names that are refused: told in Nextcloud's own elements. */
  readonly invalidPath?: boolean
}

/** An answer in the shape of sabre/dav: status, exception name, message. */
export class DavError extends Error {
  readonly status: number
  readonly exception: string
  readonly details: DavErrorDetails

  constructor(status: number, exception: string, message: string, details: DavErrorDetails = {}) {
    super(message)
    this.status = status
    this.exception = exception
    this.details = details
  }
}

const sabre = (status: number, name: string) => (message: string, details?: DavErrorDetails) => new DavError(status, `Sabre\\DAV\\Exception\\${name}`, message, details)

export const badRequest = sabre(400, 'BadRequest')
export const notAuthenticated = sabre(401, 'NotAuthenticated')
export const forbidden = sabre(403, 'Forbidden')
export const conflict = sabre(409, 'Conflict')
export const preconditionFailed = sabre(412, 'PreconditionFailed')
export const unsupportedMediaType = sabre(415, 'UnsupportedMediaType')
export const rangeNotSatisfiable = sabre(416, 'RequestedRangeNotSatisfiable')
export const notImplemented = sabre(501, 'NotImplemented')
export const serviceUnavailable = sabre(503, 'ServiceUnavailable')
export const insufficientStorage = sabre(507, 'InsufficientStorage')
export const notFoundMessage = sabre(404, 'NotFound')

export const notFound = (names: readonly string[]): DavError =>
  notFoundMessage(`File with name /${names.slice(0, -1).join('/')}/${names.at(-1) ?? ''} could not be located`)

export const allowedMethods = 'OPTIONS, GET, HEAD, DELETE, PROPFIND, PUT, PROPPATCH, COPY, MOVE, REPORT'

export const methodNotAllowed = (message: string): DavError =>
  new DavError(405, 'Sabre\\DAV\\Exception\\MethodNotAllowed', message, { headers: { allow: allowedMethods } })

export const invalidPath = (reason: string): DavError =>
  new DavError(400, 'OCA\\DAV\\Connector\\Sabre\\Exception\\InvalidPath', reason, { invalidPath: true })
