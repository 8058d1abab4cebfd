/** What a PHP array literal can hold. */
export type PhpValue = string | number | boolean | null | readonly PhpValue[] | { readonly [key: string]: PhpValue }

export type PhpSettings = Readonly<Record<string, PhpValue>>

/** A single-quoted PHP string: only the backslash and the quote mean something in it. */
function quote(text: string): string {
  return `'${text.replaceAll('\\', String.raw`\\`).replaceAll("'", String.raw`\'`)}'`
}

/** PHP source of a value. Objects become arrays with string keys (PHP itself turns `"12"` into 12). Pure. */
export function toPhp(value: PhpValue, indent = ''): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError(`${value} cannot be written as a PHP number`)
    return Number.isInteger(value) ? integer(value) : String(value)
  }
  if (value === null || typeof value === 'boolean') return String(value)
  const deeper = `${indent}  `
  const lines = Array.isArray(value)
    ? value.map((item: PhpValue) => toPhp(item, deeper))
    : Object.entries(value).map(([key, item]) => `${quote(key)} => ${toPhp(item, deeper)}`)
  return lines.length === 0 ? '[]' : `[\n${lines.map((line) => `${deeper}${line},\n`).join('')}${indent}]`
}

/** Integers beyond 2^53 are not exact in JavaScript: refused. */
function integer(value: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not an exact integer`)
  return Object.is(value, -0) ? '0' : String(value)
}

const head = `<?php
// Written by chaton for this space, and again whenever the space or its plan changes: edits are lost.
// Nextcloud reads it and cannot change it (config_is_read_only, and the file is not its own).
`

/** Text of config.php. Pure. */
export function configPhp(settings: PhpSettings): string {
  return `${head}$CONFIG = ${toPhp(settings)};\n`
}
