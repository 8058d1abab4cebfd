import { expect, test } from 'vitest'
import type { MoveEvent } from '../../src/move/events.ts'
import { emptyView, rateOf, viewAfter, wordsOf, type MoveView } from '../../src/move/view.ts'

const after = (events: readonly (readonly [number, MoveEvent])[]): MoveView => events.reduce((view, [at, event]) => viewAfter(view, event, at), emptyView)
const files = (at: number, done: number, doneBytes: number): readonly [number, MoveEvent] => [at, { event: 'progress', kind: 'files', done, total: 100, doneBytes, totalBytes: 1000, note: 'many small files at once' }]

test('rate and time left follow the last half minute', () => {
  const view = after([[0, { event: 'stage', stage: 'copy', pass: 1 }], files(0, 0, 0), files(60_000, 10, 100), files(70_000, 30, 200), files(80_000, 50, 500)])

  expect(rateOf(view)).toEqual({ perSecond: 2, bytesPerSecond: 20, secondsLeft: 25 })
})

test('nothing is said of the rate before there is something to measure', () => {
  expect(rateOf(after([files(0, 0, 0), files(500, 50, 500)]))).toBeUndefined()
})

test('a stage begins anew; the last problem stays', () => {
  const view = after([files(0, 0, 0), [1, { event: 'wait', side: 'source', reason: 'the server answered 503', milliseconds: 500 }], [2, { event: 'stage', stage: 'check' }]])

  expect(view).toMatchObject({ stage: 'check', problem: 'the server answered 503', samples: [] })
  expect(rateOf(view)).toBeUndefined()
})

test('each kind keeps its last state', () => {
  const view = after([
    [0, { event: 'kind', kind: 'files', state: 'started' }],
    files(1, 100, 1000),
    [2, { event: 'kind', kind: 'files', state: 'done' }],
    [3, { event: 'kind', kind: 'contacts', state: 'failed', message: 'no address books here' }],
  ])

  expect(view.kinds.map(({ kind, state, done }) => [kind, state, done])).toEqual([['files', 'done', 100], ['contacts', 'failed', 0]])
  expect(view.problem).toBe('no address books here')
})

test('what is at work stays when an event tells of counts alone, and goes with the end of its kind', () => {
  const counts: MoveEvent = { event: 'progress', kind: 'files', done: 2, total: 100 }

  expect(wordsOf(after([files(0, 0, 0), [1, counts]]))).toEqual({ note: 'many small files at once' })
  expect(wordsOf(after([files(0, 0, 0), [1, counts], [2, { event: 'kind', kind: 'files', state: 'done' }]]))).toEqual({})
})

test('many events in one second are one sample', () => {
  const events = Array.from({ length: 1000 }, (_, index) => files(index / 10, index / 10, index))

  expect(after(events).samples.length).toBeLessThanOrEqual(2)
})
