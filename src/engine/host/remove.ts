import { readdir, stat } from 'node:fs/promises'
import { hasSystemCode } from '../../kit/errors.ts'
import type { Finding, SpaceTarget } from '../contract.ts'
import type { HostParts } from './host-parts.ts'
import { namesOf, type HostSpace } from './names.ts'

const nobody = { uid: -1, gid: -1 }

/** Everything of a space, in an order that leaves its Unix user until nothing is left that it owns. Repeatable. */
export async function removeSpace(parts: HostParts, target: SpaceTarget): Promise<void> {
  const { id } = namesOf(target)
  const owner = await parts.users.find(id)
  const space: HostSpace = parts.spaces.locate(target, owner ?? nobody)
  await parts.sites.remove(id)
  await parts.agents.close(id)
  await parts.processes.stop(space)
  if (owner !== undefined) await endProcessesOf(owner.uid, parts)
  await Promise.all([parts.databases.remove(id), parts.volumes.remove(id)])
  await parts.users.remove(id)
  await parts.records.remove(id)
}

const tries = 50
const pauseMs = 100

/** Ends whatever the space's user still runs (background jobs, `occ`): a user number given again must find nothing. */
async function endProcessesOf(uid: number, { clock }: Pick<HostParts, 'clock'>): Promise<void> {
  if (uid === 0) return
  for (let attempt = 0; attempt < tries; attempt++) {
    const running = await processesOf(uid)
    if (running.length === 0) return
    for (const pid of running) kill(pid)
    await clock.sleep(pauseMs)
  }
}

async function processesOf(uid: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const owners = await Promise.all(pids.map(async (pid) => (await stat(`/proc/${pid}`).catch(() => undefined))?.uid))
  return pids.filter((_, index) => owners[index] === uid).map(Number)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!hasSystemCode(error, 'ESRCH')) throw error
  }
}

interface Kind {
  readonly what: string
  readonly list: (parts: HostParts) => Promise<readonly string[]>
  readonly fix: (id: string, parts: HostParts) => string
}

const kinds: readonly Kind[] = [
  { what: 'Unix user', list: async ({ users }) => await users.list(), fix: (id) => `userdel ${id}; groupdel ${id}` },
  {
    what: 'database',
    list: async ({ databases }) => await databases.list(),
    fix: (id, { databases, config }) =>
      databases.kind === 'sqlite' ? `rm -r ${config.stateDirectory}/spaces/${id}/database` : `sudo -u ${config.databaseAdmin} dropdb '${id}'; sudo -u ${config.databaseAdmin} dropuser '${id}'`,
  },
  { what: 'volume', list: async ({ volumes }) => await volumes.list(), fix: (id, { volumes }) => `look into ${volumes.path(id)}, then remove it` },
  { what: 'site', list: async ({ sites }) => await sites.list(), fix: () => 'chaton host setup writes the sites anew' },
  { what: 'process', list: async ({ supervisor }) => (await supervisor.list()).filter((name) => name.startsWith('ch-')).map((name) => name.replace(/\.[^.]*$/, '')), fix: (id) => `end the processes of the user ${id}` },
  { what: 'directory', list: async ({ records }) => await records.list(), fix: (id, { config }) => `rm -r ${config.stateDirectory}/spaces/${id}` },
]

/** What bears the name of a space that is not known here. Golden spaces are no leftovers. */
export async function findLeftovers(parts: HostParts, known: readonly Pick<SpaceTarget, 'slug' | 'uid'>[]): Promise<Finding[]> {
  const expected = new Set([...known.map((target) => namesOf(target).id), ...(await parts.golden.list())])
  const found = await Promise.all(
    kinds.map(async ({ what, list, fix }) =>
      [...new Set(await list(parts))]
        .filter((id) => !expected.has(id))
        .map((id): Finding => ({ code: `leftover-${what.toLowerCase().replace(' ', '-')}`, severity: 'warning', message: `${what} "${id}" belongs to no space`, fix: fix(id, parts) })),
    ),
  )
  return found.flat()
}
