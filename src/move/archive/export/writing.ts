import { open, rename, type FileHandle } from 'node:fs/promises'
import { ChatonError, hasSystemCode } from '../../../kit/errors.ts'
import { exists } from '../../../kit/files.ts'
import type { MoveJournal } from '../../journal.ts'
import { entryNames } from '../layout.ts'
import { ZipWriter, type NewEntry, type WrittenEntry } from '../zip/writer.ts'

const endFact = 'archive.end'
const openFact = 'archive.open'

/** A large file of which a part is written, behind the last whole entry. */
interface OpenEntry {
  readonly key: string
  /** Of its content at the source. */
  readonly mark: string
  readonly end: number
  readonly bytes: number
}

/** So many bytes more of a file are a loss that is worth a note on disk. */
const noteEvery = 64 * 2 ** 20

/** An archive while it grows, under another name than it will have. What the journal knows of it is whole on disk. Dispose of it. */
export class ArchiveFile implements AsyncDisposable {
  readonly path: string
  readonly writer: ZipWriter
  /** Entries beside the files: written anew by each run, behind the files. */
  readonly others: WrittenEntry[] = []
  readonly #file: FileHandle
  readonly #journal: MoveJournal
  #open: OpenEntry | undefined

  private constructor({ path, file, journal }: { readonly path: string; readonly file: FileHandle; readonly journal: MoveJournal }) {
    this.path = path
    this.#file = file
    this.#journal = journal
    this.writer = new ZipWriter(file, Number(journal.fact(endFact) ?? 0))
    this.#open = openIn(journal)
  }

  /** Goes on with the archive that the journal tells of. Answers `fresh` where there is none, or not all of it any more: then everything is to be written. */
  static async open(path: string, journal: MoveJournal): Promise<{ readonly archive: ArchiveFile; readonly fresh: boolean }> {
    const file = await openFile(partOf(path))
    const { size } = await file.stat()
    const open = openIn(journal)
    const fresh = size < Number(journal.fact(endFact) ?? 0)
    if (fresh) journal.setFact(endFact, '0')
    if (open !== undefined && (fresh || size < open.end + open.bytes)) journal.setFact(openFact, '')
    return { archive: new ArchiveFile({ path, file, journal }), fresh }
  }

  /** What was written so far counts, with what `note` takes down of it: both, or neither, after a kill at any instant. */
  async commit(note: () => void): Promise<void> {
    await this.writer.sync()
    this.#journal.together(() => {
      note()
      this.#journal.setFact(endFact, String(this.writer.end))
    })
  }

  /** A large file, of which the bytes that an earlier run has written here are kept, and noted as they become more. */
  async addLarge(entry: NewEntry, { key, mark }: Pick<OpenEntry, 'key' | 'mark'>, content: (from: number) => AsyncIterable<Uint8Array>): Promise<WrittenEntry> {
    const { end } = this.writer
    const open = this.#open
    const kept = open?.key === key && open.mark === mark && open.end === end ? open.bytes : 0
    if (kept === 0) this.forgetOpen()
    let noted = kept
    const after = async (bytes: number): Promise<void> => {
      if (bytes - noted < noteEvery) return
      await this.writer.sync()
      this.#open = { key, mark, end, bytes }
      this.#journal.setFact(openFact, JSON.stringify(this.#open))
      noted = bytes
    }
    return await this.writer.addStream(entry, content(kept), { kept, after })
  }

  /** To be called before anything else is written behind the last whole entry: what is kept there would no longer be that file. */
  forgetOpen(): void {
    if (this.#open === undefined) return
    this.#open = undefined
    this.#journal.setFact(openFact, '')
  }

  has(name: string): boolean {
    return this.others.some((entry) => entry.name === name)
  }

  async addText(name: string, text: string, at: Date): Promise<void> {
    await this.addBytes(name, Buffer.from(text), at)
  }

  async addBytes(name: string, bytes: Uint8Array, at: Date): Promise<void> {
    this.forgetOpen()
    this.others.push(await this.writer.add({ name, mtime: Math.floor(at.getTime() / 1000) }, bytes))
  }

  /** Writes the directory, after which the archive is whole. Answers its length in bytes. */
  async finish(files: Iterable<WrittenEntry>): Promise<number> {
    const { others } = this
    return await this.writer.finish(
      (function* () {
        yield* files
        yield* others
      })(),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}

function openIn(journal: MoveJournal): OpenEntry | undefined {
  const text = journal.fact(openFact) ?? ''
  return text === '' ? undefined : (JSON.parse(text) as OpenEntry)
}

export const partOf = (path: string): string => `${path}.part`

/** Gives the whole archive its name; fine where it has it. */
export async function takeName(path: string): Promise<void> {
  if (!(await exists(partOf(path)))) return
  await refuseTaken(path)
  await rename(partOf(path), path)
}

/** Nothing that is there is written over. */
export async function refuseTaken(path: string): Promise<void> {
  if (await exists(path)) throw new ChatonError('conflict', `"${path}" is there already, and is not written over`, { next: ['name another file with --output, or move that one away'] })
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+')
  } catch (error) {
    if (!hasSystemCode(error, 'ENOENT')) throw unwritable(path, error)
  }
  try {
    return await open(path, 'wx', 0o600)
  } catch (error) {
    throw unwritable(path, error)
  }
}

const unwritable = (path: string, cause: unknown): ChatonError =>
  new ChatonError('bad-input', `"${path}" cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, { next: ['name a file in a folder that you can write to, with --output'], cause })

/** Name of a file or folder of the account in the archive. */
export const fileEntryName = (path: string, folder: boolean): string => `${entryNames.files}${path}${folder ? '/' : ''}`
