const placeholder = '•••'
const minimumLength = 6
const registered = new Set<string>()
let pattern: RegExp | undefined

/** Forms in which a secret may turn up in output: raw, URL-encoded, base64, base64 of "user:secret" tails, JSON-escaped. */
function encodedForms(secret: string): string[] {
  const base64 = [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)]).toString('base64').replace(/=+$/, '')
    const unaligned = encoded.slice(shift === 0 ? 0 : shift + 1)
    return (Buffer.byteLength(secret) + shift) % 3 === 0 ? unaligned : unaligned.slice(0, -1)
  })
  const urlSafe = base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('hex'),
    ...base64,
    ...urlSafe,
  ]
}

/** Registers a value that must never be printed or logged. Values under 6 characters are refused: they would mask ordinary text. */
export function registerSecret(secret: string): string {
  if (secret.length < minimumLength) throw new RangeError(`a secret needs at least ${minimumLength} characters`)
  for (const form of encodedForms(secret)) if (form.length >= minimumLength) registered.add(form)
  pattern = undefined
  return secret
}

/** Replaces every registered secret, in any of its encoded forms. */
export function mask(text: string): string {
  if (registered.size === 0) return text
  pattern ??= new RegExp(
    [...registered]
      .toSorted((a, b) => b.length - a.length)
      .map((value) => value.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`))
      .join('|'),
    'g',
  )
  return text.replace(pattern, placeholder)
}
