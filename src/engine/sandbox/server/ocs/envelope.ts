import { jsonReply, reply, type Reply } from '../reply.ts'
import { escapeXml } from '../xml.ts'

/** A refusal in OCS's own numbers: below 200 they are the call's, 997 to 999 of OCS, the rest as in HTTP. */
export class OcsError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

export interface OcsFormat {
  readonly version: 1 | 2
  readonly json: boolean
}

/** The envelope; `code` 200 is success in either version. */
export function envelope(format: OcsFormat, code: number, message: string, data: unknown): Reply {
  const ok = code === 200
  const meta = {
    status: ok ? 'ok' : 'failure',
    statuscode: ok && format.version === 1 ? 100 : code,
    message,
    ...(format.version === 1 ? { totalitems: '', itemsperpage: '' } : {}),
  }
  const status = format.version === 1 ? (code === 997 ? 401 : 200) : httpStatus(code)
  if (format.json) return jsonReply(status, { ocs: { meta, data } })
  return reply(status, { 'content-type': 'application/xml; charset=utf-8' }, `<?xml version="1.0"?>\n<ocs>\n${xml({ meta, data }, 1)}</ocs>\n`)
}

function httpStatus(code: number): number {
  if (code === 997) return 401
  if (code === 998) return 404
  if (code === 999 || code === 996) return 500
  return code < 200 || code > 600 ? 400 : code
}

function xml(value: object, indent: number): string {
  const space = ' '.repeat(indent)
  return Object.entries(value)
    .map(([key, item]: [string, unknown]) => {
      const name = Array.isArray(value) ? 'element' : key
      if (item === null || (Array.isArray(item) && item.length === 0)) return `${space}<${name}/>\n`
      if (typeof item === 'object' && item !== undefined) return `${space}<${name}>\n${xml(item, indent + 1)}${space}</${name}>\n`
      return `${space}<${name}>${escapeXml(item === true ? '1' : item === false ? '' : `${item as string | number}`)}</${name}>\n`
    })
    .join('')
}
