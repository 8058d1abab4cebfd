import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { lstat, open, opendir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { once } from 'node:events'
import { contain } from '../../kit/contain.ts'
import { ChatonError, hasSystemCode } from '../../kit/errors.ts'

/** One line of `sha256sum` (GNU coreutils): names with newline or backslash are escaped and the line starts with a backslash. */
export function checksumLine(sha256: string, path: string): string {
  const escaped = path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
  return `${escaped === path ? '' : '\\'}${sha256}  ${escaped}\n`
}

/** A line as {@link checksumLine} writes it, without its end; anything else, also what `sha256sum` would let pass, is `undefined`. */
export function parseChecksumLine(line: string): { readonly sha256: string; readonly path: string } | undefined {
  const match = /^(\\?)([0-9a-f]{64}) {2}(.+)$/s.exec(line)
  if (!match) return undefined
  const [, escaped, sha256 = '', name = ''] = match
  const path = escaped === '' ? name : name.replaceAll(/\\(.)/g, (_, letter: string) => ({ n: '\n', r: '\r' })[letter] ?? letter)
  return { sha256, path }
}

async function sha256OfFile(path: string): Promise<string> {
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
export async function writeChecksums(root: string, file: string): Promise<Tally> {
  const output = createWriteStream(file, { mode: 0o600 })
  let files = 0
  let bytes = 0
  for await (const path of filesBelow(root)) {
    const full = join(root, path)
    if (full === file) continue
    files += 1
    bytes += (await lstat(full)).size
    if (!output.write(checksumLine(await sha256OfFile(full), path))) await once(output, 'drain')
  }
  output.end()
  await once(output, 'close')
  return { files, bytes }
}

/** Adds the last file below `root` to the list, which is then on the disk for good. */
export async function addChecksum(root: string, file: string, path: string): Promise<void> {
  await using list = await open(file, 'a')
  await list.write(checksumLine(await sha256OfFile(join(root, path)), path))
  await list.sync()
}

export interface Verdict extends Tally {
  readonly changed: readonly string[]
  readonly missing: readonly string[]
  /** Files that are there and not in the list. */
  readonly unknown: readonly string[]
}

/** Reads every file again and compares. Names that lead outside `root` count as changed. */
export async function verifyChecksums(root: string, file: string): Promise<Verdict> {
  const changed: string[] = []
  const missing: string[] = []
  const seen = new Set<string>()
  let bytes = 0
  for await (const line of linesOf(file)) {
    const entry = parseChecksumLine(line)
    if (entry === undefined) {
      changed.push(`unreadable line: ${line.slice(0, 80)}`)
      continue
    }
    seen.add(entry.path)
    const full = insideOf(root, entry.path)
    if (full === undefined) {
      changed.push(`name that leads outside: ${entry.path}`)
      continue
    }
    const info = await lstat(full).catch(() => undefined)
    if (!info?.isFile()) missing.push(entry.path)
    else if ((await sha256OfFile(full)) !== entry.sha256) changed.push(entry.path)
    bytes += info?.size ?? 0
  }
  const unknown: string[] = []
  for await (const path of filesBelow(root)) if (!seen.has(path) && join(root, path) !== file) unknown.push(path)
  return { files: seen.size, bytes, changed, missing, unknown }
}

function insideOf(root: string, path: string): string | undefined {
  try {
    return contain(root, path)
  } catch {
    return undefined
  }
}

/** Ended by `\n` alone: names may hold what else counts as an end of line. */
async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = ''
  try {
    for await (const chunk of createReadStream(file, 'utf8')) {
      const lines = (rest + String(chunk)).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
  } catch (error) {
    if (!hasSystemCode(error, 'ENOENT')) throw error
    throw new ChatonError('unhealthy', `${file} is missing: nothing says what the files were`, { cause: error, next: ['use another backup'] })
  }
  if (rest !== '') yield `${rest} (the list ends here, in the middle of a line)`
}
