export interface QgroupUse {
  /** Bytes the subvolume refers to, its metadata included. */
  readonly usedBytes: number
  /** `undefined`: no limit. */
  readonly limitBytes: number | undefined
}

const row = /^\s*0\/\d+\s+(\d+)\s+\d+\s+(\d+|none)\s+(.+?)\s*$/

/**
 * Reads `btrfs qgroup show --raw -r` (btrfs-progs 6): columns id, referenced, exclusive, limit of referenced, path.
 * The path is counted from the top of the file system; `prefix` is that of the volumes directory.
 * Answers what lies directly in it, by name.
 */
export function parseQgroups(output: string, prefix: string): Map<string, QgroupUse> {
  const start = prefix === '' ? '' : `${prefix}/`
  const found = new Map<string, QgroupUse>()
  for (const line of output.split('\n')) {
    const [, used = '', limit = '', path = ''] = row.exec(line) ?? []
    const name = path.startsWith(start) ? path.slice(start.length) : ''
    if (name === '' || name.includes('/') || name.startsWith('<')) continue
    found.set(name, { usedBytes: Number(used), limitBytes: limit === 'none' ? undefined : Number(limit) })
  }
  return found
}
