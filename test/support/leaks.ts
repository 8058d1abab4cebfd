import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** A value that may stand nowhere, and what it is called in a failure. */
export interface Secret {
  readonly name: string
  readonly value: string
  /** The name it is used with: "user:password" is what HTTP and SMTP sign-ins encode. */
  readonly user?: string
}

/** Anything that may hold a secret: text or bytes, and where it was found. */
export interface Evidence {
  readonly where: string
  readonly content: Buffer | string
}

/** The part of a base64 text that is the same whatever stands before and after. */
function insideBase64(value: string, encoding: 'base64' | 'base64url'): string[] {
  return [0, 1, 2].map((shift) => {
    const encoded = Buffer.from(`${'\0'.repeat(shift)}${value}`).toString(encoding).replace(/=+$/, '')
    const from = Math.ceil((shift * 8) / 6)
    const whole = Math.floor(((shift + Buffer.byteLength(value)) * 8) / 6)
    return encoded.slice(from, whole)
  })
}

/** Ways in which programs write a value down: as it is, in addresses, JSON, HTML, hexadecimal, base64, and basic or PLAIN sign-ins. */
export function formsOf({ value, user }: Pick<Secret, 'value' | 'user'>): ReadonlyMap<string, string> {
  const url = encodeURIComponent(value)
  const forms = new Map([
    ['as it is', value],
    ['in an address', url],
    ['in an address, lower case', url.replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())],
    ['in a form', new URLSearchParams({ x: value }).toString().slice(2)],
    ['in JSON', JSON.stringify(value).slice(1, -1)],
    ['in JSON of PHP', JSON.stringify(value).slice(1, -1).replaceAll('/', String.raw`\/`).replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)],
    ['in HTML', value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')],
    ['in PHP', value.replaceAll('\\', String.raw`\\`).replaceAll("'", String.raw`\'`)],
    ['in hexadecimal', Buffer.from(value).toString('hex')],
    ['in hexadecimal, capitals', Buffer.from(value).toString('hex').toUpperCase()],
    ['as UTF-16', Buffer.from(value, 'utf16le').toString('latin1')],
  ])
  for (const [index, form] of insideBase64(value, 'base64').entries()) forms.set(`in base64, shifted by ${index}`, form)
  for (const [index, form] of insideBase64(value, 'base64url').entries()) forms.set(`in base64url, shifted by ${index}`, form)
  if (user !== undefined) {
    forms.set('as basic sign-in', Buffer.from(`${user}:${value}`).toString('base64'))
    forms.set('as PLAIN sign-in', Buffer.from(`\0${user}\0${value}`).toString('base64'))
  }
  return forms
}

/** "name (form) in where" for each secret found. */
export function leaksIn(evidence: readonly Evidence[], secrets: readonly Secret[]): string[] {
  const wanted = secrets.flatMap((secret) => [...formsOf(secret)].map(([form, text]) => ({ said: `${secret.name}, ${form}`, bytes: Buffer.from(text, form === 'as UTF-16' ? 'latin1' : 'utf8') })))
  return evidence.flatMap(({ where, content }) => {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content
    return wanted.filter((form) => bytes.includes(form.bytes)).map(({ said }) => `${said}: ${where}`)
  })
}

/** Every file below a directory; symbolic links, sockets and pipes are not read. */
export function filesBelow(directory: string): Evidence[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => statSync(path, { throwIfNoEntry: false }) !== undefined)
    .map((path) => ({ where: path, content: readFileSync(path) }))
}

/** Looks at the command line and environment of every process of the machine, again and again, until it is stopped. */
export function watchProcesses(everyMs = 5): { stop(): Promise<Evidence[]> } {
  const seen = new Map<string, string>()
  const stopper = new AbortController()
  const watching = (async () => {
    while (!stopper.signal.aborted) {
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        const command = readProc(pid, 'cmdline')
        if (command !== '') seen.set(`${command}\n${readProc(pid, 'environ')}`, `process ${pid}: ${command.replaceAll('\0', ' ').slice(0, 200)}`)
      }
      await delay(everyMs)
    }
  })()
  return {
    stop: async () => {
      stopper.abort()
      await watching
      return [...seen].map(([content, where]) => ({ where, content }))
    },
  }
}

/** Empty where the process has ended or is another user's. */
function readProc(pid: string, file: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
