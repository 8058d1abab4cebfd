import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { addingProgress } from '../../src/cli/present/adding.ts'
import { plainProgress } from '../../src/cli/present/progress.ts'
import type { ProgressEvent } from '../../src/spaces/progress.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const step = (state: ProgressEvent['state'], name = 'site'): ProgressEvent => ({ step: name, title: 'Web site', state })

describe('progress when piped', () => {
  test('a quick step is one line', () => {
    const lines: string[] = []
    const progress = plainProgress((line) => lines.push(line))

    progress.report(step('started'))
    vi.advanceTimersByTime(900)
    progress.report({ ...step('done'), milliseconds: 900 })
    vi.advanceTimersByTime(10_000)

    expect(lines).toEqual(['✓ site           Web site (900 ms)'])
  })

  test('a slow one says that it has begun, once', () => {
    const lines: string[] = []
    const progress = plainProgress((line) => lines.push(line))

    progress.report(step('started'))
    vi.advanceTimersByTime(1500)
    progress.report({ ...step('started'), note: '50 %' })
    vi.advanceTimersByTime(1500)
    progress.report(step('failed'))

    expect(lines).toEqual(['… site           Web site', '✗ site           Web site'])
  })

  test('nothing is said after the end', async () => {
    const lines: string[] = []
    const progress = plainProgress((line) => lines.push(line))

    progress.report(step('started'))
    await progress.close()
    vi.advanceTimersByTime(5000)

    expect(lines).toEqual([])
  })
})

test('what is brought in: each step ends as the next begins, each percentage comes once', () => {
  const events: string[] = []
  const adding = addingProgress(({ step: name, state, note }) => events.push([name, state, note].join(' ').trim()))

  adding.on({ step: 'download', fraction: 0.101 })
  adding.on({ step: 'download', fraction: 0.109 })
  adding.on({ step: 'download', fraction: 1 })
  adding.on({ step: 'unpack' })
  adding.done()

  expect(events).toEqual(['download started', 'download started 10 %', 'download started 100 %', 'download done', 'unpack started', 'unpack done'])
})
