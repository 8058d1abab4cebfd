import { ChatonError } from '../../../kit/errors.ts'

/** One entry cannot be read as it was written; those beside it can. */
export function damagedEntry(name: string, how: string): ChatonError {
  return new ChatonError('bad-input', `"${name}" is damaged in the archive: ${how}`, {
    next: ['take it from another copy of the archive, or make the archive again if the old account is still there'],
    data: { damagedEntry: name },
  })
}

export const isDamagedEntry = (thrown: unknown): thrown is ChatonError => thrown instanceof ChatonError && thrown.data['damagedEntry'] !== undefined
