import type { TrashEntry } from '../../nextcloud/files/trash.ts'
import type { Item } from '../journal.ts'

/** A folder that was made at the destination only so that something could be deleted from it. */
export interface Made {
  readonly path: string
  readonly fileId: string
}

/** `extra` of a journal item of the kind `trash`: one thing that was deleted. Its key is its name in the trash of the source. */
export interface TrashFacts {
  /** Where it was. */
  readonly location: string
  readonly folder?: true
  /** Unix seconds. */
  readonly mtime: number
  readonly deletedAt: number
  readonly made?: readonly Made[]
}

export const trashFacts = (item: Item): TrashFacts => item.extra as unknown as TrashFacts

export function withTrash(item: Item, fields: Partial<Omit<Item, 'extra'>>, facts: Partial<TrashFacts> = {}): Item {
  return { ...item, ...fields, extra: { ...item.extra, ...facts } }
}

/** Pure. */
export function trashItem({ path, folder, fileId, size, mtime, location, deletedAt }: TrashEntry): Item {
  const facts: TrashFacts = { location, mtime, deletedAt, ...(folder ? { folder } : {}) }
  return {
    key: path,
    state: 'found',
    sourceId: fileId,
    sourceMark: String(deletedAt),
    destinationKey: undefined,
    destinationId: undefined,
    destinationMark: undefined,
    bytes: size,
    extra: { ...facts },
    reason: undefined,
    next: undefined,
    pass: 1,
  }
}

/** For people: `Photos/a.jpg, deleted on 2024-05-01`. Pure. */
export function trashName(item: Item): string {
  const { location, deletedAt } = trashFacts(item)
  return `${location}, deleted on ${new Date(deletedAt * 1000).toISOString().slice(0, 10)}`
}
