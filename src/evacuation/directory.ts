import { join } from 'node:path'
import { ensureDirectory } from '../kit/files.ts'
import type { EvacuationServices, EvacuationWish } from './contract.ts'
import { EvacuationState } from './state.ts'

/** The same folder for the same spaces, whatever their order. */
export function directoryOf({ directory }: EvacuationServices, { source, destinations }: EvacuationWish): string {
  return join(directory, [source.target.uid, ...destinations.map(({ target }) => target.uid).toSorted()].join('_').slice(0, 200))
}

/** Throws `conflict` while another process works on the same evacuation. */
export async function whileAlone<T>(services: EvacuationServices, wish: EvacuationWish, work: (state: EvacuationState) => Promise<T>): Promise<T> {
  const directory = directoryOf(services, wish)
  await ensureDirectory(directory, { mode: 0o700 })
  await using _lock = await services.lock(join(directory, 'lock'), `the move of the space "${wish.source.target.slug}"`)
  return await work(await EvacuationState.open(directory))
}
