const placeholder = '•••'
const minimumLength = 6
/** Registered forms by their first six UTF-16 units, longest first: finding them costs one look-up a character, however many there are. */
const byBeginning = new Map<string, string[]>()

/** Forms in which a secret may turn up in output: raw, URL-encoded, base64, base64 of "user:secret" tails, JSON-escaped. */
function encodedForms(secret: string): string[] {
  const base64 = [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)]).toString('base64').replace(/=+$/, '')
    const unaligned = encoded.slice(shift === 0 ? 0 : shift + 1)
    return (Buffer.byteLength(secret) + shift) % 3 === 0 ? unaligned : unaligned.slice(0, -1)
  })
  const urlSafe = base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))
  const json = JSON.stringify(secret).slice(1, -1)
  const url = encodeURIComponent(secret)
  const hex = Buffer.from(secret).toString('hex')
  return [
    secret,
    url,
    url.replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
    new URLSearchParams([['', secret]]).toString().slice(1),
    json,
    jsonOfPhp(json),
    htmlEscaped(secret),
    hex,
    hex.toUpperCase(),
    ...base64,
    ...urlSafe,
  ]
}

/** As `json_encode` of PHP writes it by default: slashes escaped, ASCII only. */
function jsonOfPhp(json: string): string {
  const escaped = json.replaceAll('/', String.raw`\/`)
  return escaped.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function htmlEscaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')
}

/** Registers a value that must never be printed or logged. Values under 6 characters are refused: they would mask ordinary text. */
export function registerSecret(secret: string): string {
  if (secret.length < minimumLength) throw new RangeError(`a secret needs at least ${minimumLength} characters`)
  for (const form of encodedForms(secret)) if (form.length >= minimumLength) register(form)
  return secret
}

function register(form: string): void {
  const beginning = form.slice(0, minimumLength)
  const forms = byBeginning.get(beginning) ?? []
  if (forms.includes(form)) return
  byBeginning.set(
    beginning,
    [...forms, form].toSorted((a, b) => b.length - a.length),
  )
}

/** Replaces every registered secret, in any of its encoded forms. */
export function mask(text: string): string {
  if (byBeginning.size === 0) return text
  let masked = ''
  let kept = 0
  for (let at = 0; at + minimumLength <= text.length; at++) {
    const found = byBeginning.get(text.slice(at, at + minimumLength))?.find((form) => text.startsWith(form, at))
    if (found === undefined) continue
    masked += text.slice(kept, at) + placeholder
    kept = at + found.length
    at = kept - 1
  }
  return masked + text.slice(kept)
}
