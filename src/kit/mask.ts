const placeholder = '•••'
const minimumLength = 6

/** Registered forms that begin alike. */
interface Bucket {
  readonly forms: Set<string>
  /** Lengths of the forms, longest first. */
  lengths: number[]
}

/** By the first six UTF-16 units: finding a form costs one look-up a character, however many there are. */
const buckets = new Map<string, Bucket>()

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
  const bucket = buckets.get(beginning) ?? { forms: new Set<string>(), lengths: [] }
  buckets.set(beginning, bucket)
  bucket.forms.add(form)
  if (!bucket.lengths.includes(form.length)) bucket.lengths = [...bucket.lengths, form.length].toSorted((a, b) => b - a)
}

/** Length of the longest registered form that stands at this place; 0 if none does. */
function lengthAt(text: string, at: number): number {
  const bucket = buckets.get(text.slice(at, at + minimumLength))
  return bucket?.lengths.find((length) => bucket.forms.has(text.slice(at, at + length))) ?? 0
}

/** Replaces every registered secret, in any of its encoded forms. */
export function mask(text: string): string {
  if (buckets.size === 0) return text
  let masked = ''
  let kept = 0
  let at = 0
  while (at + minimumLength <= text.length) {
    const length = lengthAt(text, at)
    if (length > 0) {
      masked += text.slice(kept, at) + placeholder
      kept = at + length
    }
    at += length || 1
  }
  return masked + text.slice(kept)
}
