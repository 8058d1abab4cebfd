import { ChatonError } from '../kit/errors.ts'
import type { Kind, ResourceOf } from '../model/resources.ts'

/** A resource as the store returns it: identity and version are always there. */
export type Stored<R extends ResourceOf[Kind]> = R & {
  metadata: { uid: string; resourceVersion: string; generation: number; creationTimestamp: string }
}

export interface WatchEvent<K extends Kind> {
  readonly type: 'added' | 'modified' | 'deleted'
  readonly resource: Stored<ResourceOf[K]>
}

/**
 * Where resources are kept. All values are copies: changing one changes nothing in the store.
 * Conflicts throw ChatonError `conflict` (retryable where reading again can help), a missing resource `not-found`.
 */
export interface Store extends AsyncDisposable {
  /** The resource, or `undefined`. */
  get<K extends Kind>(kind: K, name: string): Promise<Stored<ResourceOf[K]> | undefined>
  /** All of a kind, sorted by name. */
  list<K extends Kind>(kind: K): Promise<Stored<ResourceOf[K]>[]>
  /**
   * Keeps a new resource: gives uid, version, generation 1 and time.
   * Throws `conflict` if the name, or one of its unique keys, is taken (data: `{ key }`).
   */
  create<K extends Kind>(kind: K, resource: ResourceOf[K]): Promise<Stored<ResourceOf[K]>>
  /**
   * Replaces a resource if it is still at `metadata.resourceVersion`. `generation` grows when `spec` changed.
   * Throws `conflict` (retryable) if another writer came first, `not-found` if it is gone.
   */
  update<K extends Kind>(kind: K, resource: Stored<ResourceOf[K]>): Promise<Stored<ResourceOf[K]>>
  /** Removes it. With a version: only if unchanged, else `conflict`. A missing one is not an error: returns false. */
  delete(kind: Kind, name: string, resourceVersion?: string): Promise<boolean>
  /**
   * First an `added` event for each resource there is, then changes as they come, also those of other processes,
   * until the signal aborts. Several changes of one resource may arrive as one event.
   */
  watch<K extends Kind>(kind: K, signal: AbortSignal): AsyncIterable<WatchEvent<K>>
}

export type StepState = 'started' | 'done' | 'failed' | 'skipped'

export interface JournalEntry {
  /** What is worked on, for example `space/jardin-partage`. */
  readonly subject: string
  /** One run of a command. */
  readonly run: string
  readonly step: string
  readonly state: StepState
  /** ISO 8601, UTC. */
  readonly at: string
  /** For people; never secrets. */
  readonly message?: string
}

/** What was done to a subject, step by step; kept after failures, so that a person can see where things stand. */
export interface Journal {
  record(entry: JournalEntry): Promise<void>
  /** Oldest first. */
  read(subject: string): Promise<JournalEntry[]>
  /** Removes all entries of a subject. Repeatable. */
  forget(subject: string): Promise<void>
}

const attempts = 20

/** Reads, changes and writes, again when another writer came first; after 20 times the conflict is thrown. */
export async function updateWithRetry<K extends Kind>(
  store: Store,
  kind: K,
  name: string,
  change: (current: Stored<ResourceOf[K]>) => Stored<ResourceOf[K]>,
): Promise<Stored<ResourceOf[K]>> {
  for (let attempt = 1; ; attempt++) {
    const current = await store.get(kind, name)
    if (!current) throw new ChatonError('not-found', `there is no ${kind} named "${name}"`)
    try {
      return await store.update(kind, change(current))
    } catch (error) {
      if (attempt >= attempts || !(error instanceof ChatonError && error.retryable)) throw error
    }
  }
}
