import { ChatonError } from '../kit/errors.ts'
import type { Kind } from './contract.ts'
import { takeInventory, type EngineWork } from './engine.ts'
import { notCarried } from './not-carried.ts'
import { makePlan, type MovePlan } from './plan.ts'
import type { Session } from './prepare.ts'
import type { Conduct, MoveServices } from './services.ts'

/** What the engine works on in this session. */
export function workOf({ kinds }: MoveServices, { context, move, options }: Session, { report }: Conduct): EngineWork {
  const chosen: readonly Kind[] = kinds.filter(({ name }) => options.kinds.includes(name))
  return { context, facts: move.facts, kinds: chosen, report }
}

/** Looks at both sides, writes to neither, and answers the plan; what it finds stays in the journal. */
export async function survey(services: MoveServices, session: Session, conduct: Conduct): Promise<MovePlan> {
  const { move, accounts, options, context } = session
  const found = await takeInventory(workOf(services, session, conduct))
  const left = notCarried(await accounts.source.apps(), options.kinds)
  const carriesFiles = options.kinds.includes('files')
  const freeBytes = carriesFiles ? await context.destination.pace.run(async () => await accounts.destination.files.freeBytes()) : undefined
  const plan = makePlan({
    source: sideOf(session, 'source'),
    destination: sideOf(session, 'destination'),
    kinds: found.map(({ name, inventory, problem }) => ({
      name,
      count: inventory.count,
      ...(inventory.bytes === undefined ? {} : { bytes: inventory.bytes }),
      ...(inventory.requests === undefined ? {} : { requests: inventory.requests }),
      ...(problem === undefined ? {} : { problem }),
      left: inventory.left,
    })),
    without: services.kinds.map(({ name }) => name).filter((name) => !options.kinds.includes(name)),
    notCarried: left,
    carriedBytes: context.journal.tally('files').movedBytes,
    freeBytes,
    folders: carriesFiles ? await topFolders(session) : [],
    manner: options.manner,
  })
  move.journal.together(() => {
    move.facts.set('notCarried', left)
    for (const { name, inventory } of found) move.facts.setOfKind('left', name, [...inventory.left])
    move.facts.set('phase', 'prepared')
  })
  return plan
}

function sideOf({ move }: Session, side: 'source' | 'destination'): MovePlan['source'] {
  const facts = move.facts.get(side)
  if (facts === undefined) throw new ChatonError('bug', `the move ${move.id} has no facts of its ${side}`)
  return facts
}

async function topFolders({ context: { source } }: Session): Promise<{ name: string; bytes: number }[]> {
  return await source.pace.run(async () => {
    const folders: { name: string; bytes: number }[] = []
    for await (const entry of source.files.list('')) if (entry.folder) folders.push({ name: entry.path, bytes: entry.size })
    return folders
  })
}

/** Throws `no-room` (or what else blocks) with its numbers. */
export function requireFeasible({ remarks }: MovePlan): void {
  const blocking = remarks.find(({ blocks }) => blocks)
  if (blocking === undefined) return
  throw new ChatonError('no-room', blocking.message, {
    actor: 'user',
    next: [...blocking.next, 'then run the same command again: both sign-ins are kept; chaton move abort ends them'],
  })
}
