import type { RemoteFiles } from '../../nextcloud/files/contract.ts'
import { parentOf } from './names.ts'
import type { Met } from './places.ts'
import { isMissing } from './trouble.ts'

/** Up to so many of one folder are looked at one by one: a list tells of all that is in the folder. */
const fewOfAFolder = 2

/** What stands at these paths; those with nothing are left out. Outside of any pace: the caller is within one. */
export async function entriesAt(files: RemoteFiles, paths: readonly string[]): Promise<Map<string, Met>> {
  const entries = new Map<string, Met>()
  for (const [folder, wanted] of Map.groupBy(paths, parentOf)) {
    if (wanted.length > fewOfAFolder) await listed(files, { folder, wanted: new Set(wanted) }, entries)
    else for (const path of wanted) await looked(files, path, entries)
  }
  return entries
}

async function looked(files: RemoteFiles, path: string, entries: Map<string, Met>): Promise<void> {
  const entry = await files.stat(path)
  if (entry !== undefined) entries.set(path, entry)
}

async function listed(files: RemoteFiles, { folder, wanted }: { readonly folder: string; readonly wanted: ReadonlySet<string> }, entries: Map<string, Met>): Promise<void> {
  try {
    for await (const entry of files.list(folder)) if (wanted.has(entry.path)) entries.set(entry.path, entry)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

