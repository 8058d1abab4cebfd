import { factsOf as factsOfFile } from '../files/facts.ts'
import type { Item, MoveJournal } from '../journal.ts'

/** What the present content at the destination was before old ones were written into the file. */
export interface Present {
  /** Unix seconds: the name under which the server keeps it meanwhile. */
  readonly mtime: number
  readonly size: number
}

/** `extra` of a journal item of the kind `versions`: one old content of one file. Its key is `<file id>@<stamp>`. */
export interface VersionFacts {
  readonly path: string
  /** Unix seconds. */
  readonly stamp: number
  readonly label?: string
  /** The label is that of the present content: nothing is written but the label. */
  readonly current?: true
  readonly labelled?: true
  /** While it is being written. */
  readonly present?: Present
}

export const versionFacts = (item: Item): VersionFacts => item.extra as unknown as VersionFacts
export const versionKey = (fileId: string, stamp: number): string => `${fileId}@${stamp}`

export function withFacts(item: Item, fields: Partial<Omit<Item, 'extra'>>, facts: { readonly [Name in keyof VersionFacts]?: VersionFacts[Name] | undefined } = {}): Item {
  return { ...item, ...fields, extra: Object.fromEntries(Object.entries({ ...item.extra, ...facts }).filter(([, value]) => value !== undefined)) }
}

/** For people: `plan.odt, version of 2024-05-01 10:22 UTC`. Pure. */
export function versionName(item: Item): string {
  const { path, stamp } = versionFacts(item)
  return `${path}, version of ${new Date(stamp * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** The file of the kind `files` that has this id at the source now. */
export const fileOf = (journal: MoveJournal, sourceId: string): Item | undefined => journal.bySourceId('files', sourceId).find((file) => file.state !== 'gone' && factsOfFile(file).folder !== true)
