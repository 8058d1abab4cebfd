const units: Record<string, number> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
}
const byLowerCase = new Map(Object.keys(units).map((unit) => [unit.toLowerCase(), unit]))

export type ParsedSize = { readonly ok: true; readonly bytes: number } | { readonly ok: false; readonly reason: string }

/** Reads "40 GB", "1.5 GiB", "512MiB". Decimal units are powers of 1000, as people read them; a number alone is refused. */
export function parseSize(text: string): ParsedSize {
  const match = /^\s*(\d+(?:[.,]\d+)?)\s*([A-Za-z]*)\s*$/.exec(text)
  const [, digits = '', unitText = ''] = match ?? []
  if (!match) return { ok: false, reason: `"${text}" is not a size; write a number and a unit, for example "40 GB"` }
  if (unitText === '') {
    return { ok: false, reason: `"${text}" has no unit; write "${digits} GB" (or MB, TB, MiB, GiB, TiB)` }
  }
  if (/,\d{3}$/.test(digits)) {
    return { ok: false, reason: `"${text}" can be read in two ways; write "${digits.replace(',', '')} ${unitText}" or "${digits.replace(',', '.')} ${unitText}"` }
  }
  const unit = byLowerCase.get(unitText.toLowerCase()) ?? byLowerCase.get(`${unitText.toLowerCase()}b`)
  const factor = unit === undefined ? undefined : units[unit]
  if (factor === undefined) {
    return { ok: false, reason: `"${unitText}" is not a unit; allowed: ${Object.keys(units).join(', ')}` }
  }
  const bytes = Math.round(Number(digits.replace(',', '.')) * factor)
  if (!Number.isSafeInteger(bytes)) return { ok: false, reason: `"${text}" is too large` }
  return { ok: true, bytes }
}

/** "40 GB", "1.5 GB", "512 kB": decimal, at most one decimal place, rounded to nearest. */
export function formatSize(bytes: number): string {
  const sign = bytes < 0 ? '-' : ''
  const size = Math.abs(bytes)
  const steps: readonly (readonly [string, number])[] = [
    ['TB', 1e12],
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ]
  for (const [unit, factor] of steps) {
    if (size >= factor * 0.9995) return `${sign}${Number((size / factor).toFixed(1))} ${unit}`
  }
  return `${sign}${size} B`
}
