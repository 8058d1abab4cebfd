import type { Space } from '../model/space.ts'

/** Names of the spaces that run this release, or are to; a sandbox runs none. Pure. */
export function usersOfRelease(version: string, spaces: readonly Space[]): string[] {
  return spaces
    .filter(({ spec, status }) => status?.sandbox !== true && (status?.release ?? spec.release) === version)
    .map(({ metadata }) => metadata.name)
}
