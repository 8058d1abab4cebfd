import { ChatonError } from '../kit/errors.ts'
import { isPortFree } from '../kit/net.ts'
import type { Space } from '../model/space.ts'
import type { Store, Stored } from '../store/contract.ts'

const highestPort = 65_535

/** Gives the space a loopback port that no other space has and nothing on the machine uses. A port once given is kept. */
export async function ensurePort(store: Store, space: Stored<Space>, firstPort: number): Promise<Stored<Space>> {
  let current = space
  const taken = new Set((await store.list('Space')).map((entry) => entry.status?.port))
  for (let port = firstPort; port <= highestPort; port++) {
    if (current.status?.port !== undefined) return current
    if (taken.has(port) || !(await isPortFree(port))) continue
    try {
      return await store.update('Space', { ...current, status: { phase: 'Pending', conditions: [], ...current.status, port } })
    } catch (error) {
      if (!(error instanceof ChatonError && error.code === 'conflict')) throw error
      current = (await store.get('Space', current.metadata.name)) ?? current
    }
  }
  throw new ChatonError('no-room', `no free port from ${firstPort} up for a new space`, {
    next: ['set web.firstPort to another range in chaton.yaml'],
  })
}
