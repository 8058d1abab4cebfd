import { open, rename, type FileHandle } from 'node:fs/promises'
import { ChatonError, hasSystemCode } from '../../../kit/errors.ts'
import { exists } from '../../../kit/files.ts'
import type { MoveJournal } from '../../journal.ts'
import { entryNames } from '../layout.ts'
import { ZipWriter, type WrittenEntry } from '../zip/writer.ts'

const endFact = 'archive.end'

/** An archive while it grows, under another name than it will have. What the journal knows of it is whole on disk. Dispose of it. */
export class ArchiveFile implements AsyncDisposable {
  readonly path: string
  readonly writer: ZipWriter
  /** Entries beside the files: written anew by each run, behind the files. */
  readonly others: WrittenEntry[] = []
  readonly #file: FileHandle
  readonly #journal: MoveJournal

  private constructor({ path, file, journal }: { readonly path: string; readonly file: FileHandle; readonly journal: MoveJournal }) {
    this.path = path
    this.#file = file
    this.#journal = journal
    this.writer = new ZipWriter(file, Number(journal.fact(endFact) ?? 0))
  }

  /** Goes on with the archive that the journal tells of. Answers `fresh` where there is none, or not all of it any more: then everything is to be written. */
  static async open(path: string, journal: MoveJournal): Promise<{ readonly archive: ArchiveFile; readonly fresh: boolean }> {
    const file = await openFile(partOf(path))
    const fresh = (await file.stat()).size < Number(journal.fact(endFact) ?? 0)
    if (fresh) journal.setFact(endFact, '0')
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

  async addText(name: string, text: string, at: Date): Promise<void> {
    this.others.push(await this.writer.add({ name, mtime: Math.floor(at.getTime() / 1000) }, Buffer.from(text)))
  }

  async addBytes(name: string, bytes: Uint8Array, at: Date): Promise<void> {
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
