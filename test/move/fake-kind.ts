import type { Kind, KindVerdict, MoveContext } from '../../src/move/contract.ts'
import type { Item } from '../../src/move/journal.ts'
import type { KindName, Refusal } from '../../src/move/kinds.ts'

/** Things by name, each with its content. */
export type Things = Map<string, string>

export interface FakeKind extends Kind {
  readonly source: Things
  readonly destination: Things
  /** What `run` is to throw, from the first to the last; then it works. */
  readonly failures: unknown[]
  /** Called before each thing that is written. */
  before: (name: string) => Promise<void> | void
  runs: number
}

/** A kind of things in memory that keeps its promises of the contract with a real journal. Names that begin with `!` are refused. */
export function fakeKind(name: KindName, things: Readonly<Record<string, string>> = {}): FakeKind {
  const source: Things = new Map(Object.entries(things))
  const destination: Things = new Map()
  const refusals = (): Refusal[] => [...source.keys()].filter((key) => key.startsWith('!')).map((what) => ({ what, reason: 'the name is refused' }))
  const fake: FakeKind = {
    name,
    source,
    destination,
    failures: [],
    before: () => {},
    runs: 0,
    inventory: async () => await Promise.resolve({ count: source.size, bytes: [...source.values()].join('').length, left: refusals() }),
    async run(context) {
      fake.runs += 1
      if (fake.failures.length > 0) throw fake.failures.shift()
      for (const [key, content] of source) await carry(context, key, content)
      const { counts, movedBytes } = context.journal.tally(name)
      return { moved: counts.moved, alreadyThere: counts.there, refused: refusals(), bytes: movedBytes }
    },
    verify: async () => await Promise.resolve(compare()),
  }
  async function carry({ journal, signal, progress }: MoveContext, key: string, content: string): Promise<void> {
    if (key.startsWith('!')) return
    const known = journal.get(name, key)
    if (known?.state === 'moved' && known.sourceMark === content) return
    signal.throwIfAborted()
    await fake.before(key)
    journal.put(name, item(key, 'writing', content))
    destination.set(key, content)
    journal.put(name, item(key, 'moved', content))
    progress({ kind: name, done: destination.size, total: source.size })
  }
  function compare(): KindVerdict {
    const differing = [...source].filter(([key, content]) => !key.startsWith('!') && destination.get(key) !== content)
    return { checked: source.size, differing: differing.map(([what]) => ({ what, reason: 'the content differs' })) }
  }
  return fake
}

function item(key: string, state: Item['state'], content: string): Item {
  return { key, state, sourceId: key, sourceMark: content, destinationKey: key, destinationId: undefined, destinationMark: content, bytes: content.length, extra: {}, reason: undefined, next: undefined, pass: 1 }
}
