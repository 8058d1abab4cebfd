import { render } from 'ink-testing-library'
import { createElement } from 'react'
import { describe, expect, test } from 'vitest'
import { jsonLines, plainLines } from '../../src/cli/present/move-progress.ts'
import { MoveProgressLine } from '../../src/cli/move/schemas.ts'
import { amountWords, durationWords } from '../../src/cli/present/move-words.ts'
import { Move } from '../../src/cli/ui/move.tsx'
import { registerSecret } from '../../src/kit/mask.ts'
import type { MoveEvent } from '../../src/move/events.ts'
import { emptyView, viewAfter } from '../../src/move/view.ts'

const files = (done: number): MoveEvent => ({ event: 'progress', kind: 'files', done, total: 10_000, doneBytes: done * 1e6, totalBytes: 10_000e6, note: 'small files' })
const started: MoveEvent = { event: 'kind', kind: 'files', state: 'started' }

/** Ten files a second for as many seconds, then the end. */
function play(seconds: number, open: typeof jsonLines): string[] {
  const lines: string[] = []
  let at = 0
  const { report } = open((line) => lines.push(line), () => at)
  report({ event: 'stage', stage: 'copy', pass: 1 })
  report(started)
  for (at = 0; at <= seconds * 1000; at += 100) report(files(at / 100))
  report({ event: 'kind', kind: 'files', state: 'done' })
  return lines
}

describe('lines of progress', () => {
  test('JSON: once a second, with rates, and the last one in any case', () => {
    const events = play(59.5, jsonLines).map((line) => MoveProgressLine.parse(JSON.parse(line)))
    const progress = events.filter(({ event }) => event === 'progress')

    expect(progress).toHaveLength(61)
    expect(progress.at(-1)).toMatchObject({ done: 595, perSecond: 10, bytesPerSecond: 10e6, secondsLeft: 941 })
    expect(events.at(-1)).toEqual({ event: 'kind', kind: 'files', state: 'done' })
  })

  test('JSON: the lane at work and the last problem are in each line, also when they were told between two', () => {
    const lines: string[] = []
    let at = 0
    const { report } = jsonLines((line) => lines.push(line), () => at)
    const count = (done: number): MoveEvent => ({ event: 'progress', kind: 'files', done, total: 10 })
    report(started)
    report(count(0))
    at = 100
    report({ ...count(1), note: '100 small files', problem: 'a.txt: it is locked' } as MoveEvent)
    at = 200
    report(count(2))
    at = 2000
    report(count(3))

    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ done: 3, note: '100 small files', problem: 'a.txt: it is locked' })
  })

  test('for people: every ten seconds', () => {
    const lines = play(60, plainLines)

    expect(lines[0]).toBe('Copying')
    expect(lines).toHaveLength(9)
    expect(lines[7]).toBe('  files and folders: 600 of 10,000, 600 MB of 10 GB, 10 MB/s, 16 min left (small files)')
    expect(lines[8]).toBe('✓ files and folders')
  })

  test('the same wait is told once in half a minute', () => {
    const lines: string[] = []
    let at = 0
    const { report } = plainLines((line) => lines.push(line), () => at)

    for (at = 0; at < 60_000; at += 1000) report({ event: 'wait', side: 'source', reason: 'the server answered 503', milliseconds: 500 })

    expect(lines).toEqual(['… source: the server answered 503; waiting 1 s', '… source: the server answered 503; waiting 1 s'])
  })
})

describe('on a terminal', () => {
  const events: readonly MoveEvent[] = [
    { event: 'stage', stage: 'again', pass: 2 },
    { event: 'kind', kind: 'contacts', state: 'done' },
    started,
    files(0),
    files(1000),
    { event: 'wait', side: 'source', reason: 'the server answered 429', milliseconds: 1000 },
  ]
  const view = events.reduce((before, event, index) => viewAfter(before, event, index * 10_000), emptyView)

  test('stage, kinds with counts, rate, time left, what it does, last problem', () => {
    const { lastFrame } = render(createElement(Move, { view }))

    expect(lastFrame()?.split('\n')).toEqual([
      'Copying what has changed meanwhile (pass 2)',
      '✓ contacts',
      '… files and folders    1,000 of 10,000, 1 GB of 10 GB',
      '100 MB/s, 90 s left · small files'.replace('90 s', '2 min'),
      'last problem: the server answered 429',
    ])
  })

  test('a secret in a problem is masked', () => {
    const secret = registerSecret('the-app-password-72')

    const { lastFrame } = render(createElement(Move, { view: { ...view, problem: `refused ${secret}` } }))

    expect(lastFrame()).toContain('refused •••')
  })
})

test.each([
  [0, '0 s'],
  [89, '89 s'],
  [90, '2 min'],
  [3600, '60 min'],
  [7200, '2 h'],
  [7500, '2 h 5 min'],
])('%d seconds are %s', (seconds, words) => {
  expect(durationWords(seconds)).toBe(words)
})

test('amounts', () => {
  expect(amountWords({ done: 1203, total: 5000 })).toBe('1,203 of 5,000')
  expect(amountWords({ done: 3, total: 0 })).toBe('3')
})
