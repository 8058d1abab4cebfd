import { ChatonError } from '../../kit/errors.ts'
import { formatSize } from '../../kit/bytes.ts'
import { isFolder } from './facts.ts'
import type { FilesRun } from './run.ts'

export interface Amount {
  readonly files: number
  readonly bytes: number
}

/** A fact of the journal, set to `yes` by somebody who was asked. It holds for one run. */
export const allowShrink = 'allowShrink'

/** Less than half of what there was before is left. Pure. */
export const isShrunk = (left: Amount, gone: Amount): boolean => gone.files > left.files || gone.bytes > left.bytes

/** Throws `refused` where the source is suddenly empty or smaller than half: rather an emptied or wrong account than a wish. */
export function checkSource(run: FilesRun): void {
  const gone = goneIn(run)
  if (gone.files === 0 || run.journal.fact(allowShrink) === 'yes') return
  const left = leftIn(run)
  if (!isShrunk(left, gone)) return
  throw new ChatonError('refused', `since the last pass, ${amount(gone)} of ${amount({ files: left.files + gone.files, bytes: left.bytes + gone.bytes })} are gone from the source: nothing was deleted at the destination`, {
    next: ['look whether the old account is as it should be', 'if it is, run the move again and confirm that it may shrink'],
    data: { left, gone },
  })
}

/** Throws `refused` where less than half is at the destination of what this move put there. */
export async function checkDestination(run: FilesRun): Promise<void> {
  const { movedBytes } = run.journal.tally('files')
  if (movedBytes === 0 || run.journal.fact(allowShrink) === 'yes') return
  const { files, pace } = run.context.destination
  const root = await pace.run(async () => await files.stat(''))
  if (root === undefined || root.size * 2 >= movedBytes) return
  throw new ChatonError('refused', `the destination holds ${formatSize(root.size)}, of ${formatSize(movedBytes)} that were moved there: it was emptied, or is another account`, {
    next: ['look whether the new account is as it should be', 'if it is, run the move again and confirm that it may shrink'],
    data: { thereBytes: root.size, movedBytes },
  })
}

const amount = ({ files, bytes }: Amount): string => `${files} files (${formatSize(bytes)})`

function goneIn(run: FilesRun): Amount {
  let [files, bytes] = [0, 0]
  for (const item of run.journal.walk('files', 'gone')) {
    if (isFolder(item)) continue
    files += 1
    bytes += item.bytes
  }
  return { files, bytes }
}

function leftIn(run: FilesRun): Amount {
  let [files, bytes] = [0, 0]
  for (const state of ['found', 'moved', 'there'] as const) {
    for (const item of run.journal.walk('files', state)) {
      if (isFolder(item)) continue
      files += 1
      bytes += item.bytes
    }
  }
  return { files, bytes }
}
