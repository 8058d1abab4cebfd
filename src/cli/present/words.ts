import { formatSize } from '../../kit/bytes.ts'
import { bytesOf } from '../../model/size.ts'
import { sandboxNote } from './sandbox-note.ts'
import type { Plan } from '../../model/plan.ts'
import type { Space, UsageStatus } from '../../model/space.ts'

/** Columns padded to their widest cell. Pure. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>((wide, row) => row.map((cell, index) => Math.max(cell.length, wide[index] ?? 0)), [])
  return rows.map((row) => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ').trimEnd())
}

/** `1 space`, `2 spaces`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** The sandbox line, where it is one. */
export function sandboxLines(space: Space): string[] {
  return space.status?.sandbox === true ? [sandboxNote] : []
}

export function usageWords(usage: UsageStatus | undefined): string {
  if (usage === undefined) return '-'
  const percent = usage.poolBytes === 0 ? 0 : Math.round((usage.usedBytes / usage.poolBytes) * 100)
  return `${formatSize(usage.usedBytes)} of ${formatSize(usage.poolBytes)} (${percent} %)`
}

export function planWords(plan: Plan): string {
  const { storage, accounts, office, price } = plan.spec
  const suites = office.length === 0 ? 'no office suite' : office.join(' or ')
  const cost = price === undefined ? 'free' : `${price.amount.toFixed(2)} ${price.currency} a ${price.per}`
  return `${formatSize(bytesOf(storage))} pooled, ${count(accounts, 'account')}, ${suites}, ${cost}`
}
