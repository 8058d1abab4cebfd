import { readdir, readlink, realpath } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { ChatonError } from '../../../kit/errors.ts'
import { run } from '../../../kit/exec.ts'
import { exists } from '../../../kit/files.ts'

/** The directory that holds `marker`: `top` itself or a single directory in it. Throws `bad-input` where there is none. */
export async function findRoot(top: string, marker: string, what: string): Promise<string> {
  if (await exists(join(top, marker))) return top
  const entries = await readdir(top, { withFileTypes: true })
  for (const entry of entries) {
    if (entry.isDirectory() && (await exists(join(top, entry.name, marker)))) return join(top, entry.name)
  }
  throw new ChatonError('bad-input', `this is not ${what}: it has no ${marker}, neither at the top nor one directory below`)
}

/** Throws `bad-input` if anything in the tree is a device, socket or pipe, or a link that truly leads outside or nowhere. */
export async function refuseStrayLinks(root: string): Promise<void> {
  const top = await realpath(root)
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const shown = relative(root, path)
    if (entry.isSymbolicLink()) {
      const end = await realpath(path).catch(() => undefined)
      if (end === undefined || !(end === top || end.startsWith(`${top}${sep}`))) {
        throw new ChatonError('bad-input', `"${shown}" is a link that leads outside, to "${await readlink(path)}"`)
      }
    } else if (!entry.isFile() && !entry.isDirectory()) {
      throw new ChatonError('bad-input', `"${shown}" is neither a file nor a directory`)
    }
  }
}

/** Directories 0755 and files 0644, all owned by root where we are root, written to the disk: ready to be shared by all spaces. */
export async function sealTree(root: string): Promise<void> {
  await run('find', [root, '-type', 'd', '-exec', 'chmod', '0755', '{}', '+', '-o', '-type', 'f', '-exec', 'chmod', '0644', '{}', '+'])
  if (process.getuid?.() === 0) await run('chown', ['--recursive', '--no-dereference', 'root:root', root])
  await run('sync', ['--file-system', root])
}

/** Bytes of all files in a tree. */
export async function sizeOf(root: string): Promise<number> {
  const { stdout } = await run('du', ['--summarize', '--bytes', '--', root])
  return Number(/^\d+/.exec(stdout)?.[0] ?? 0)
}
