import { expect, test } from 'vitest'
import { ChatonError } from '../../src/kit/errors.ts'
import { judged, noTimes, sortOf, type AnswerTimes, type Verdict } from '../../src/move/latency.ts'
import { Pace, type Manner } from '../../src/move/pace.ts'
import { patientClock } from './support/context.ts'

const repeated = (milliseconds: number, times: number): number[] => Array.from({ length: times }, () => milliseconds)

function verdicts(milliseconds: readonly number[], from: AnswerTimes = noTimes): Verdict[] {
  let times = from
  return milliseconds.map((one) => {
    const { times: next, verdict } = judged(times, one)
    times = next
    return verdict
  })
}

test('answers that take three times as long as the best are slow; a single one is not', () => {
  expect(new Set(verdicts([...repeated(300, 20), 5000, ...repeated(300, 20)]))).toEqual(new Set(['steady']))
  expect(verdicts([...repeated(300, 20), ...repeated(1000, 7)])).toContain('slow')
})

test('answers that take twice as long for twice as many at once are no reason to go down, nor up', () => {
  const told = verdicts([...repeated(300, 20), ...repeated(700, 10)])

  expect(told).not.toContain('slow')
  expect(told.at(-1)).toBe('busy')
})

test('what nobody waits for is never slow', () => {
  expect(new Set(verdicts([...repeated(10, 20), ...repeated(150, 20)]))).toEqual(new Set(['steady']))
})

test('a host that stays slower is taken to be so after a while', () => {
  const told = verdicts([...repeated(300, 20), ...repeated(1200, 400)])

  expect(told.filter((verdict) => verdict === 'slow').length).toBeGreaterThan(1)
  expect(new Set(told.slice(-20))).toEqual(new Set(['steady']))
})

test('work is of one sort where its amounts are nearly the same', () => {
  expect(sortOf('bulk', 100, 1_000_000)).toBe(sortOf('bulk', 95, 1_100_000))
  expect(sortOf('bulk', 100, 1_000_000)).not.toBe(sortOf('bulk', 100, 4_000_000))
})

/** Work that takes so long on a clock of its own. */
function paced(manner: Manner) {
  const clock = patientClock()
  const pace = new Pace({ clock, manner, signal: new AbortController().signal })
  const work = async (milliseconds: number, sort?: string): Promise<void> => await pace.run(async () => await clock.sleep(milliseconds), sort)
  return { pace, work }
}

test('a host that becomes slow is asked less at once, and more again when it is quick again', async () => {
  const { pace, work } = paced('fast')
  for (let turn = 0; turn < 60; turn++) await work(300, 'folder')
  expect(pace.allowed).toBe(8)

  for (let turn = 0; turn < 7; turn++) await work(2000, 'folder')
  expect(pace.allowed).toBe(4)

  for (let turn = 0; turn < 100; turn++) await work(300, 'folder')
  expect(pace.allowed).toBe(8)
})

test('large uploads are not slow answers: work of no sort is not judged, and each sort has its own best', async () => {
  const { pace, work } = paced('polite')
  for (let turn = 0; turn < 40; turn++) await work(300, 'folder')
  for (let turn = 0; turn < 20; turn++) await work(60_000)
  for (let turn = 0; turn < 20; turn++) await work(5000, sortOf('bulk', 100, 4e6))

  expect(pace.allowed).toBe(4)
})

test('gently means one at a time, whatever comes', async () => {
  const { pace, work } = paced('gentle')
  for (let turn = 0; turn < 50; turn++) await work(10, 'folder')
  expect([pace.allowed, pace.most]).toEqual([1, 1])

  for (let turn = 0; turn < 20; turn++) await work(3000, 'folder')
  expect(pace.allowed).toBe(1)
})

test('an answer of 503 halves what runs at once', async () => {
  const { pace, work } = paced('fast')
  for (let turn = 0; turn < 60; turn++) await work(10)
  let failures = 1
  await pace.run(async () => {
    if (failures-- > 0) throw new ChatonError('remote-failed', 'the server answered 503', { retryable: true, data: { status: 503 } })
    await Promise.resolve()
  })

  expect(pace.allowed).toBe(4)
})

const outOfOrder = (more: object = {}): ChatonError => new ChatonError('remote-failed', 'the server answered 503', { retryable: true, data: { status: 503, ...more } })

/** Work that fails for so long, on a host that answers otherwise or does not. */
function failing(error: ChatonError, { minutes, answers }: { readonly minutes: number; readonly answers?: () => Promise<boolean> }) {
  const clock = patientClock()
  const until = clock.now().getTime() + minutes * 60_000
  const pace = new Pace({ clock, manner: 'gentle', signal: new AbortController().signal, ...(answers === undefined ? {} : { answers: answers }) })
  let attempts = 0
  const work = async (): Promise<number> => {
    attempts += 1
    if (clock.now().getTime() < until) throw error
    await clock.sleep(0)
    return attempts
  }
  return { run: async () => await pace.run(work), attempts: () => attempts }
}

test.each([
  ['says that it is in maintenance', { maintenance: true }, true],
  ['says when to come back', { retryAfterMs: 120_000 }, true],
  ['answers nothing else either', {}, false],
])('a host that %s is waited for, half an hour at most', async (_what, more, answering) => {
  expect(await failing(outOfOrder(more), { minutes: 20, answers: async () => await Promise.resolve(answering) }).run()).toBeGreaterThan(6)
  await expect(failing(outOfOrder(more), { minutes: 60, answers: async () => await Promise.resolve(answering) }).run()).rejects.toMatchObject({ data: { status: 503 } })
})

test('a host that says 503 to one work and answers otherwise: it is tried four times, and fails by itself', async () => {
  const { run, attempts } = failing(outOfOrder(), { minutes: 60, answers: async () => await Promise.resolve(true) })

  await expect(run()).rejects.toMatchObject({ code: 'remote-failed', retryable: true, message: 'the server answered 503', data: { status: 503, onlyThis: true } })

  expect(attempts()).toBe(4)
})

test('one that answers in between is not taken for well', async () => {
  let looks = 0
  expect(await failing(outOfOrder(), { minutes: 10, answers: async () => await Promise.resolve(looks++ % 2 === 0) }).run()).toBeGreaterThan(6)
})

test('where it cannot be asked, other work that is done meanwhile tells that a host answers', async () => {
  const others: Promise<void>[] = []
  const clock = patientClock()
  const pace: Pace = new Pace({ clock, manner: 'fast', signal: new AbortController().signal, onWait: () => void others.push(pace.run(async () => await clock.sleep(100))) })

  await expect(pace.run(async () => await Promise.reject(outOfOrder()))).rejects.toMatchObject({ data: { onlyThis: true } })

  await Promise.all(others)
})
