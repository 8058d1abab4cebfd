import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MoveContext } from '../../../src/move/contract.ts'
import { files } from '../../../src/move/files/index.ts'
import { contextFor, journalPath } from '../support/context.ts'
import { withMishaps, type Mishaps } from '../support/killing.ts'
import { MemoryFiles } from '../support/memory-files.ts'

/** Random people on both sides, random kills: what the move promises holds after the last run, whatever happened before. */

const limits = JSON.stringify({ packedMost: 8, batchMost: 24, batchFiles: 4, wholeMost: 40, triedMost: 80, chunkMost: 16 })

const name = fc.constantFrom('a', 'b', 'c d', 'é', 'a.txt', 'b-c')
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'))
const request = fc.integer({ min: 1, max: 60 })
/** Half a minute on an idle machine. */
const patienceMs = 300_000
const size = fc.constantFrom(0, 1, 3, 8, 20, 30, 100)

type Step =
  | { readonly kind: 'write'; readonly side: 'source' | 'destination'; readonly path: string; readonly size: number }
  | { readonly kind: 'folder'; readonly side: 'source' | 'destination'; readonly path: string }
  | { readonly kind: 'drop'; readonly side: 'source' | 'destination'; readonly path: string }
  | { readonly kind: 'rename'; readonly side: 'source' | 'destination'; readonly path: string; readonly to: string }
  | ({ readonly kind: 'run' } & Mishaps)

const side = fc.constantFrom('source' as const, 'source' as const, 'destination' as const)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), side, path, size }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('folder' as const), side, path }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('drop' as const), side, path }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rename' as const), side, path, to: path }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('run' as const), kill: fc.option(request, { nil: undefined }), when: fc.constantFrom('before' as const, 'after' as const), lost: fc.array(request, { maxLength: 4 }) }) },
)

/** Old and restricted servers. */
const abilities = fc.record({ zip: fc.boolean(), bulk: fc.boolean(), serverHash: fc.boolean() })

interface World {
  readonly source: MemoryFiles
  readonly destination: MemoryFiles
  readonly journal: string
  /** Contents that people wrote at the destination; taken out when they delete or overwrite them. */
  readonly theirs: Set<string>
  /** Paths at the destination before the first run. */
  before: ReadonlySet<string>
  /** People changed something at the destination after the first run. */
  touchedThere: boolean
}

const free = (files: MemoryFiles, wanted: string): boolean => {
  for (let folder = wanted; folder !== ''; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const node = files.nodes.get(folder)
    if (node !== undefined && (folder === wanted || !node.folder)) return folder === wanted && !node.folder
  }
  return true
}

let serial = 0
/** No two alike. */
const content = (bytes: number): string => (bytes === 0 ? '' : `${++serial}:`.padEnd(bytes, 'x'))

function edit(world: World, step: Exclude<Step, { kind: 'run' }>): void {
  const files = world[step.side]
  const forget = (below: string): void => {
    for (const [key, { content }] of files.nodes) if (step.side === 'destination' && (key === below || key.startsWith(`${below}/`))) world.theirs.delete(content.toString())
  }
  if (step.kind === 'folder') {
    if (!files.nodes.has(step.path) && free(files, step.path)) files.folder(step.path)
  } else if (step.kind === 'drop') {
    forget(step.path)
    files.drop(step.path)
  } else if (step.kind === 'rename') {
    if (files.nodes.has(step.path) && !files.nodes.has(step.to) && free(files, step.to) && !`${step.to}/`.startsWith(`${step.path}/`)) {
      files.folder(step.to.slice(0, Math.max(0, step.to.lastIndexOf('/'))))
      files.rename(step.path, step.to)
    }
  } else if (free(files, step.path)) {
    forget(step.path)
    const text = content(step.size)
    files.put(step.path, text)
    if (step.side === 'destination' && text !== '') world.theirs.add(text)
  }
}

async function run(world: World, mishaps: Mishaps): Promise<void> {
  using context = contextFor({ ...world, journal: world.journal })
  context.journal.setFact('files.limits', limits)
  context.journal.setFact('allowShrink', 'yes')
  await withMishaps(context, [world.source, world.destination], mishaps, async () => await files.run(context))
}

async function lastRun(world: World): Promise<void> {
  await run(world, { when: 'before' })
  const before = JSON.stringify(world.destination.tree())
  const written = world.destination.requests.length
  using context = contextFor({ ...world, journal: world.journal })
  context.journal.setFact('allowShrink', 'yes')
  const tally = await files.run(context)
  const again = world.destination.requests.slice(written).map(({ name }) => name)
  // A run without changes writes nothing.
  expect(again.filter((request) => !['stat', 'list'].includes(request))).toEqual([])
  expect(JSON.stringify(world.destination.tree())).toBe(before)
  expect(tally.refused).toEqual([])
  const entries = world.source.nodes.size - 1
  expect(tally.moved + tally.alreadyThere).toBe(entries)
  const differing: string[] = []
  for (const [path, node] of world.source.nodes) {
    if (path === '') continue
    const item = context.journal.get('files', path)
    const arrived = item?.destinationKey === undefined ? undefined : world.destination.nodes.get(item.destinationKey)
    const text = arrived?.content.toString()
    const overruled = world.touchedThere && (text === undefined || text === '' || world.theirs.has(text))
    if (!overruled && text !== node.content.toString()) differing.push(path)
  }
  expect(differing).toEqual([])
  if (!world.touchedThere) expectNothingTwice(world, context)
}

function expectNothingTwice({ destination, before }: World, { journal }: MoveContext): void {
  const known = new Set([...journal.walk('files')].map(({ destinationKey }) => destinationKey))
  expect([...destination.nodes.keys()].filter((path) => path !== '' && !known.has(path) && !before.has(path))).toEqual([])
  for (const [path, contents] of destination.versions) {
    const old = contents.map(String).filter((text) => text !== '')
    expect(old).not.toContain(destination.nodes.get(path)?.content.toString() ?? 'nothing')
  }
}

test('whatever people do on both sides, and whenever a run is killed, nothing of the destination is lost and all of the source arrives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), abilities, abilities, async (steps, old, young) => {
      using journal = journalPath()
      const world: World = { source: new MemoryFiles(old), destination: new MemoryFiles(young), journal: journal.path, theirs: new Set(), before: new Set(), touchedThere: false }
      let ran = false
      for (const each of steps) {
        if (each.kind === 'run') {
          if (!ran) world.before = new Set(world.destination.nodes.keys())
          await run(world, each)
          ran = true
        } else {
          edit(world, each)
          if (ran && each.side === 'destination') world.touchedThere = true
        }
      }
      if (!ran) world.before = new Set(world.destination.nodes.keys())
      await lastRun(world)
      const there = new Set([...world.destination.nodes.values()].map(({ content }) => content.toString()))
      expect([...world.theirs].filter((text) => !there.has(text))).toEqual([])
    }),
    { numRuns: Number(process.env['CHATON_MODEL_RUNS'] ?? 60) },
  )
}, patienceMs)
