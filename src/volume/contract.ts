import type { Finding } from '../engine/contract.ts'

export type VolumeKind = 'btrfs' | 'project-quota' | 'directory'

export interface VolumeOwner {
  readonly uid: number
  readonly gid: number
}

/**
 * Where the data of spaces lies: one volume a space. Every method may be called again after a kill at any instant.
 * The conformance suite is test/conformance/volume.ts.
 */
export interface Volumes {
  readonly kind: VolumeKind
  /** The kernel refuses writes above the limit. */
  readonly hardLimit: boolean
  /** `usedBytes` is exact and costs no scan. */
  readonly exact: boolean
  /** What this machine lacks for this kind; empty when it can be used. */
  check(): Promise<readonly Finding[]>
  /** The volume's directory. It exists only after `ensure`. */
  path(name: string): string
  /** Makes the volume with this owner, mode 0700, and sets the limit (also a changed one, up or down, while in use). */
  ensure(name: string, options: { owner: VolumeOwner; limitBytes: number }): Promise<{ created: boolean }>
  /** Bytes used by each of these volumes (a missing one is left out); `undefined` where this kind cannot say without a scan. */
  usedBytes(names: readonly string[]): Promise<ReadonlyMap<string, number> | undefined>
  /** A read-only image of the volume as it is now, in a directory of its own; `dispose` removes it. A copy where there are no snapshots. */
  snapshot(name: string): Promise<VolumeSnapshot>
  /** Removes the volume, its limit and left-over snapshots. Repeatable. */
  remove(name: string): Promise<void>
  /** Names of all volumes, for finding orphans. */
  list(): Promise<readonly string[]>
  /** Of the file system under it, in bytes. */
  physical(): Promise<{ totalBytes: number; freeBytes: number }>
}

export interface VolumeSnapshot {
  readonly path: string
  /** False: a plain copy, made while the writer had to stand still. */
  readonly instant: boolean
  dispose(): Promise<void>
}
