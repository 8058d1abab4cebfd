import { join } from 'node:path'
import { namesOf, pathsOf, type HostSpace } from '../../../../src/engine/host/names.ts'

export const releasesDirectory = '/var/lib/chaton/releases'

/** A space as data; nothing is made. */
export function exampleSpace(state: string, slug: string, changes: Partial<HostSpace> & { port?: number } = {}): HostSpace {
  const { port, ...rest } = changes
  const target: HostSpace['target'] = {
    uid: `uid-of-${slug}`,
    slug,
    title: `The ${slug}`,
    domain: `${slug}.chaton.test`,
    port,
    release: '32.0.1',
    poolBytes: 50_000_000,
    accountCap: 5,
    office: undefined,
    apps: { enable: [], disable: [], hide: [] },
    php: { workers: 4, memoryBytes: 512 * 1024 * 1024, uploadMaxBytes: 10_000_000 },
    owner: { name: 'Ada', email: 'ada@example.org', locale: 'en' },
    administrator: 'ada',
  }
  const names = namesOf(target)
  const paths = pathsOf({ stateDirectory: state }, names.id)
  return { target, names, paths, owner: { uid: 65_534, gid: 65_534 }, data: join(state, 'volumes', names.id, 'data'), release: join(releasesDirectory, '32.0.1'), ...rest }
}
