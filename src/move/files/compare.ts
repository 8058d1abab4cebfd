import type { Side } from '../contract.ts'
import type { Item } from '../journal.ts'
import type { FilesRun } from './run.ts'
import { hashOf } from './through.ts'

/** SHA-256 of a file as one side has it: reckoned there, or by reading all of it where the server cannot. */
export async function hashAt({ files, pace }: Side, path: string): Promise<string> {
  const reckoned = files.abilities.serverHash ? await pace.run(async () => await files.sha256(path)) : undefined
  return reckoned ?? (await pace.run(async () => await hashOf((await files.read(path)).stream)))
}

/** Both sides at once. For files of the same size. */
export async function sameContent(run: FilesRun, item: Item, path: string): Promise<boolean> {
  const { source, destination } = run.context
  const [here, there] = await Promise.all([hashAt(source, item.key), hashAt(destination, path)])
  return here === there
}
