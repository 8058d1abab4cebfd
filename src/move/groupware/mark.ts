import { createHash } from 'node:crypto'

/** Of settings, equal on every server: line ends and the order of names do not matter. Pure. */
export function markOf(settings: Readonly<Record<string, unknown>>): string {
  const told = Object.entries(settings).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, typeof value === 'string' ? value.replaceAll('\r', '').trim() : value])
  return createHash('sha256').update(JSON.stringify(told)).digest('hex').slice(0, 16)
}
