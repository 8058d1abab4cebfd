import { isDeepStrictEqual } from 'node:util'
import type { z } from 'zod'
import { ChatonError } from '../kit/errors.ts'
import { explainProblems } from '../model/problems.ts'
import { kinds, uniqueKeys, type Kind, type ResourceOf } from '../model/resources.ts'
import type { Stored } from './contract.ts'

/** A resource as implementations keep it. `body` is its JSON, metadata included. */
export interface Row {
  readonly name: string
  readonly uid: string
  /** Taken from one sequence for all resources of a store, so that no version is ever used twice. */
  readonly version: number
  readonly body: string
}

interface Stamp {
  readonly version: number
  readonly uid: string
  readonly now: Date
}

function schemaOf<K extends Kind>(kind: K): z.ZodType<ResourceOf[K]> {
  return kinds[kind] as unknown as z.ZodType<ResourceOf[K]>
}

/** The resource as its schema reads it. A value that is not valid is a fault of the caller. */
function checked<K extends Kind>(kind: K, resource: ResourceOf[K]): ResourceOf[K] {
  const schema = schemaOf(kind)
  const parsed = schema.safeParse(resource)
  const problems = parsed.success ? [] : explainProblems(schema, parsed.error, resource)
  const name: unknown = parsed.success ? parsed.data.metadata.name : undefined
  if (typeof name === 'string' && (!name.isWellFormed() || name.includes('\0'))) problems.push('metadata.name: not a well-formed text')
  if (parsed.success && problems.length === 0) return parsed.data
  throw new ChatonError('bug', `a ${kind} that is not valid was given to the store:\n  ${problems.join('\n  ')}`, { data: { problems } })
}

/** The row of a new resource. Pure. */
export function newRow<K extends Kind>(kind: K, resource: ResourceOf[K], { version, uid, now }: Stamp): Row {
  const valid = checked(kind, resource)
  const { name } = valid.metadata
  const metadata = {
    ...valid.metadata,
    uid,
    resourceVersion: String(version),
    generation: 1,
    creationTimestamp: now.toISOString(),
  }
  return { name, uid, version, body: JSON.stringify({ ...valid, metadata }) }
}

/** The row that replaces `current`; identity stays, `generation` grows when `spec` changed. Pure. */
export function nextRow<K extends Kind>(kind: K, current: Row, resource: Stored<ResourceOf[K]>, version: number): Row {
  const valid = checked(kind, resource)
  const before = decode(kind, current)
  const spec: unknown = JSON.parse(JSON.stringify(valid.spec))
  const metadata = {
    ...valid.metadata,
    uid: before.metadata.uid,
    resourceVersion: String(version),
    generation: before.metadata.generation + (isDeepStrictEqual(spec, before.spec) ? 0 : 1),
    creationTimestamp: before.metadata.creationTimestamp,
  }
  return { name: current.name, uid: current.uid, version, body: JSON.stringify({ ...valid, metadata }) }
}

/** A fresh copy of the resource in a row. Throws an error that names the row where the present schema cannot read it. */
export function decode<K extends Kind>(kind: K, row: Pick<Row, 'name' | 'body'>): Stored<ResourceOf[K]> {
  const schema = schemaOf(kind)
  let value: unknown
  let problems: string[]
  try {
    value = JSON.parse(row.body)
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data as Stored<ResourceOf[K]>
    problems = explainProblems(schema, parsed.error, value)
  } catch (error) {
    problems = [error instanceof Error ? error.message : String(error)]
  }
  throw new ChatonError('bug', `the record of ${kind} "${row.name}" in the store cannot be read:\n  ${problems.join('\n  ')}`, {
    actor: 'hoster',
    next: ['put the store back from a backup, or report this with the message; nothing was changed'],
    data: { kind, name: row.name, problems },
  })
}

/** Unique keys of the resource in a row. */
export function keysOf(kind: Kind, row: Row): string[] {
  return uniqueKeys(decode(kind, row))
}

/** Order of lists: by UTF-16 code units of the name, the same in every implementation. */
export const byName = (a: Pick<Row, 'name'>, b: Pick<Row, 'name'>): number => (a.name < b.name ? -1 : Number(a.name > b.name))

export const nameTaken = (kind: Kind, name: string): ChatonError =>
  new ChatonError('conflict', `there is already a ${kind} named "${name}"`, { data: { key: `name:${name}` } })

export function keyTaken(kind: Kind, key: string, holder: string): ChatonError {
  const [word = key, ...value] = key.split(':')
  return new ChatonError('conflict', `the ${word} "${value.join(':')}" is taken by the ${kind} "${holder}"`, { data: { key, holder } })
}

export const changedMeanwhile = (kind: Kind, name: string): ChatonError =>
  new ChatonError('conflict', `the ${kind} "${name}" was changed by another run in the meantime`, {
    retryable: true,
    next: ['run the same command again: it starts from the new state'],
  })

export const missing = (kind: Kind, name: string): ChatonError => new ChatonError('not-found', `there is no ${kind} named "${name}"`)
