import { abortMove } from '../move/control.ts'
import { movesOf } from './account.ts'
import type { EvacuationServices, EvacuationWish } from './contract.ts'
import { directoryOf, whileAlone } from './directory.ts'
import { deleteStrays } from './strays.ts'

/** Ends all moves of an evacuation that are still open: what they have carried stays, their sign-ins end. Answers whose. Repeatable. */
export async function abortSpaceMove(services: EvacuationServices, wish: EvacuationWish): Promise<string[]> {
  return await whileAlone(services, wish, async (state) => {
    const directory = directoryOf(services, wish)
    const ended: string[] = []
    for (const seat of state.seats) {
      const moves = movesOf(directory, seat.from)
      for (const id of await moves.unfinished()) {
        using move = await moves.open(id)
        await abortMove({ ...services, moves }, move)
        ended.push(seat.from)
      }
      if (state.account(seat.from).state !== 'moving') continue
      await deleteStrays(wish.source, seat.from)
      const destination = wish.destinations.find(({ target }) => target.slug === seat.space)
      if (destination !== undefined) await deleteStrays(destination, seat.to)
      await state.setAccount(seat.from, { state: 'failed', problem: 'ended by hand', next: ['run the same command without --abort to go on'] })
    }
    return ended
  })
}
