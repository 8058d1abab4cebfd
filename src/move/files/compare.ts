import type { HashAlgorithm } from '../../nextcloud/files/contract.ts'
import type { Side } from '../contract.ts'
import type { Item } from '../journal.ts'
import type { FilesRun } from './run.ts'
import { hashOf } from './through.ts'

/** Hash of a file as one side has it: reckoned there, or by reading all of it where the server cannot. */
export async function hashAt({ files, pace }: Side, path: string, algorithm: HashAlgorithm): Promise<string> {
  const reckoned = files.abilities.serverHash ? await pace.run(async () => await files.hash(path, algorithm)) : undefined
  return reckoned ?? (await pace.run(async () => await hashOf((await files.read(path)).stream, algorithm)))
}

/** Both sides at once. For files of the same size, of which one was there before: by SHA-256, as somebody may have made it to look the same. */
export async function sameContent(run: FilesRun, item: Item, path: string): Promise<boolean> {
  const { source, destination } = run.context
  const [here, there] = await Promise.all([hashAt(source, item.key, 'sha256'), hashAt(destination, path, 'sha256')])
  return here === there
}
