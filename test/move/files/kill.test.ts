import { expect, test } from 'vitest'
import { files } from '../../../src/move/files/index.ts'
import { contextFor, journalPath } from '../support/context.ts'
import { withMishaps } from '../support/killing.ts'
import { MemoryFiles } from '../support/memory-files.ts'

/** Sizes in bytes, so that a small tree has files of every lane. */
const limits = JSON.stringify({ packedMost: 8, batchMost: 24, batchFiles: 4, wholeMost: 40, triedMost: 80, chunkMost: 16 })

function people(source: MemoryFiles, destination: MemoryFiles): void {
  for (const name of ['a', 'b', 'c', 'd', 'e']) source.put(`small/${name}.txt`, name)
  source.put('small/deep/f.txt', 'f')
  source.put('taken.txt', 'from old')
  source.put('same.txt', 'same')
  source.put('middle.bin', 'twenty bytes of text')
  source.put('large.bin', 'x'.repeat(100))
  source.folder('empty')
  destination.put('taken.txt', 'of the new host')
  destination.put('same.txt', 'same')
  destination.put('small/own.txt', 'own')
}

/** What people change between two passes. */
function changes(source: MemoryFiles): void {
  source.put('small/a.txt', 'A again')
  source.put('large.bin', 'y'.repeat(90))
  source.rename('small/deep', 'small/deeper')
  source.rename('small/b.txt', 'b moved.txt')
  source.drop('small/c.txt')
  source.drop('empty')
  source.put('new/g.txt', 'g')
}

const wanted = (source: MemoryFiles): Record<string, string> => {
  const { 'taken.txt': taken = '', ...rest } = source.tree()
  return { ...rest, 'taken (from old.example).txt': taken, 'taken.txt': 'of the new host', 'small/own.txt': 'own' }
}

/** Runs both passes, killed at the given request of one of them; answers false when there was no such request. */
async function movedWithKill(at: { readonly pass: 1 | 2; readonly request: number; readonly when: 'before' | 'after' }): Promise<boolean> {
  using journal = journalPath()
  const [source, destination] = [new MemoryFiles(), new MemoryFiles()]
  people(source, destination)
  let killed = false
  for (const pass of [1, 2] as const) {
    if (pass === 2) changes(source)
    using context = contextFor({ source, destination, journal: journal.path })
    context.journal.setFact('files.limits', limits)
    if (pass === at.pass) {
      killed = await withMishaps(context, [source, destination], { kill: at.request, when: at.when }, async () => await files.run(context))
      if (!killed) return false
      using resumed = contextFor({ source, destination, journal: journal.path })
      await files.run(resumed)
    } else await files.run(context)
  }
  check(source, destination, at)
  return true
}

function check(source: MemoryFiles, destination: MemoryFiles, at: object): void {
  expect({ at, tree: destination.tree() }).toEqual({ at, tree: wanted(source) })
  const overwritten = [...destination.versions].flatMap(([path, contents]) => contents.map((content) => `${path}: ${content.toString().slice(0, 3)}`))
  expect({ at, overwritten: overwritten.toSorted() }).toEqual({ at, overwritten: ['large.bin: xxx', 'small/a.txt: a'] })
  expect({ at, deleted: destination.trash.map(({ path }) => path) }).toEqual({ at, deleted: ['small/c.txt'] })
  const { 'taken.txt': _theirs, 'same.txt': _same, small: _small, 'small/own.txt': _own, ...times } = destination.times()
  const { 'taken.txt': taken, 'same.txt': _sameToo, small: _smallToo, ...expected } = source.times()
  expect({ at, times }).toEqual({ at, times: { ...expected, 'taken (from old.example).txt': taken } })
}

/** A quarter of a minute on an idle machine. */
const patienceMs = 300_000

for (const pass of [1, 2] as const) {
  for (const when of ['before', 'after'] as const) {
    test(`killed ${when} any request of pass ${pass}: the next run ends with the same tree, nothing twice`, async () => {
      let request = 1
      while (await movedWithKill({ pass, request, when })) request += 1
      expect(request).toBeGreaterThan(20)
    }, patienceMs)
  }
}
