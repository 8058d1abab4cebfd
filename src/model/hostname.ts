import { domainToASCII } from 'node:url'
import { z } from 'zod'

const fullName = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/

/** The domain that an address or a name with accents or capitals means, or `undefined`: "https://Nuage.Été.org/" gives "nuage.xn--t-9fab.org". */
export function suggestHostname(text: string): string | undefined {
  const host = /^(?:[a-z]+:\/\/)?([^/:?#@\s]+)/i.exec(text.trim())?.[1] ?? ''
  const ascii = domainToASCII(host.toLowerCase())
  return fullName.test(ascii) ? ascii : undefined
}

/** A full domain name in lower case (RFC 1123), accents in their xn-- form (RFC 5890). */
export const Hostname = z.string().check((context) => {
  if (fullName.test(context.value)) return
  const near = suggestHostname(context.value)
  const hint = near === undefined ? 'such as nuage.jardin-partage.org' : `for example ${near}`
  const message = `${JSON.stringify(context.value)} is not a full domain name in lower case, without https:// and path; ${hint}`
  context.issues.push({ code: 'custom', message, input: context.value })
}).meta({ pattern: fullName.source })
