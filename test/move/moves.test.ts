import { expect, test } from 'vitest'
import { benchFor } from './services.ts'
import { failureOf } from '../support/failures.ts'

test('no move under way, one, several', async () => {
  const { moves, clock } = benchFor()
  expect(await failureOf(moves.openUnfinished())).toMatchObject({ code: 'not-found', message: 'no move is under way' })
  const first = await moves.create(clock)
  expect((await moves.openUnfinished()).id).toBe(first.id)
  const second = await moves.create(clock)
  expect((await failureOf(moves.openUnfinished())).message).toContain(first.id)

  second.facts.set('phase', 'aborted')

  expect((await moves.openUnfinished()).id).toBe(first.id)
  first.facts.set('phase', 'done')
  expect((await failureOf(moves.openUnfinished())).code).toBe('not-found')
  expect([first.id, second.id]).toContain((await moves.openLatest()).id)
})

test.each(['../../etc', 'x', '2026-01-01-000000-../x'])('%j is no move', async (id) => {
  expect((await failureOf(benchFor().moves.open(id))).code).toBe('not-found')
})

test('a slip of the pen is answered with the nearest id', async () => {
  const { moves, clock } = benchFor()
  using move = await moves.create(clock)

  expect((await failureOf(moves.open(`${move.id.slice(0, -1)}_`))).next).toEqual([`did you mean "${move.id}"?`])
})
