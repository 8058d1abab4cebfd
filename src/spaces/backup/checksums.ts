import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { lstat, opendir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { once } from 'node:events'
import { contain } from '../../kit/contain.ts'

/** One line of `sha256sum` (GNU coreutils): names with newline or backslash are escaped and the line starts with a backslash. */
export function checksumLine(sha256: string, path: string): string {
  const escaped = path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
  return `${escaped === path ? '' : '\\'}${sha256}  ${escaped}\n`
}

export function parseChecksumLine(line: string): { readonly sha256: string; readonly path: string } | undefined {
  const match = /^(\\?)([0-9a-f]{64}) [ *](.+)$/.exec(line)
  if (!match) return undefined
  const [, escaped, sha256 = '', name = ''] = match
  const path = escaped === '' ? name : name.replaceAll(/\\(.)/g, (_, letter: string) => ({ n: '\n', r: '\r' })[letter] ?? letter)
  return { sha256, path }
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** Every regular file below `root`, deepest order not promised; symbolic links are not followed. */
export async function* filesBelow(root: string, folder = root): AsyncGenerator<string> {
  for await (const entry of await opendir(folder)) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesBelow(root, path)
    else if (entry.isFile()) yield relative(root, path)
  }
}

export interface Tally {
  readonly files: number
  readonly bytes: number
}

/** Writes `checksums.sha256` for everything below `root`; `sha256sum -c checksums.sha256` reads it without us. */
export async function writeChecksums(root: string, file: string, progress: (tally: Tally) => void): Promise<Tally> {
  const output = createWriteStream(file, { mode: 0o600 })
  let files = 0
  let bytes = 0
  for await (const path of filesBelow(root)) {
    const full = join(root, path)
    if (full === file) continue
    files += 1
    bytes += (await lstat(full)).size
    if (!output.write(checksumLine(await sha256OfFile(full), path))) await once(output, 'drain')
    progress({ files, bytes })
  }
  output.end()
  await once(output, 'close')
  return { files, bytes }
}

export interface Verdict extends Tally {
  readonly changed: readonly string[]
  readonly missing: readonly string[]
  /** Files that are there and not in the list. */
  readonly unknown: readonly string[]
}

/** Reads every file again and compares. Names that lead outside `root` count as changed. */
export async function verifyChecksums(root: string, file: string, except: readonly string[]): Promise<Verdict> {
  const changed: string[] = []
  const missing: string[] = []
  const seen = new Set(except)
  let bytes = 0
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    const entry = parseChecksumLine(line)
    if (entry === undefined) {
      changed.push(`unreadable line: ${line.slice(0, 80)}`)
      continue
    }
    seen.add(entry.path)
    const full = contain(root, entry.path)
    const info = await lstat(full).catch(() => undefined)
    if (!info?.isFile()) missing.push(entry.path)
    else if ((await sha256OfFile(full)) !== entry.sha256) changed.push(entry.path)
    bytes += info?.size ?? 0
  }
  const unknown: string[] = []
  for await (const path of filesBelow(root)) if (!seen.has(path)) unknown.push(path)
  return { files: seen.size - except.length, bytes, changed, missing, unknown }
}
