import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { SpaceTarget } from '../contract.ts'

/** Where the sandbox keeps a space: `<state>/sandbox/<slug>-<6 hex of the uid>/`. */
export interface SandboxPaths {
  readonly root: string
  readonly database: string
  readonly data: string
  /** The port it was given when the target names none. */
  readonly port: string
  /** Mark of the running server: pid and start time. */
  readonly process: string
  readonly log: string
}

export const sandboxDirectory = (stateDirectory: string): string => join(stateDirectory, 'sandbox')

export function idOf({ slug, uid }: Pick<SpaceTarget, 'slug' | 'uid'>): string {
  return `${slug}-${createHash('sha256').update(uid).digest('hex').slice(0, 6)}`
}

export function pathsOf(stateDirectory: string, target: Pick<SpaceTarget, 'slug' | 'uid'>): SandboxPaths {
  return pathsIn(join(sandboxDirectory(stateDirectory), idOf(target)))
}

export const pathsIn = (root: string): SandboxPaths => ({
  root,
  database: join(root, 'database/space.sqlite'),
  data: join(root, 'data'),
  port: join(root, 'port'),
  process: join(root, 'process'),
  log: join(root, 'server.log'),
})
