/** A name for an album that no other has: its own, or with the host that it comes from. Pure. */
export function freeName(name: string, host: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name
  for (let turn = 1; ; turn++) {
    const other = `${name} (${host}${turn === 1 ? '' : ` ${turn}`})`
    if (!taken.has(other)) return other
  }
}

export const hostOf = (base: string): string => new URL(base).hostname
