import { describe, expect, test } from 'vitest'
import { chosenKinds, guessSeconds, makePlan, type PlanInput } from '../../src/move/plan.ts'

const side = (address: string, version = '32.0.1') => ({ address, account: 'camille', version })
const input = (parts: Partial<PlanInput> = {}): PlanInput => ({
  source: side('https://old.example'),
  destination: side('https://new.example', '34.0.1'),
  kinds: [{ name: 'files', count: 1000, bytes: 5e9, left: [] }, { name: 'contacts', count: 20, left: [] }],
  without: [],
  notCarried: [],
  carriedBytes: 0,
  freeBytes: 20e9,
  folders: [],
  manner: 'polite',
  ...parts,
})

describe('room at the destination', () => {
  test('enough: no remark', () => {
    expect(makePlan(input())).toMatchObject({ neededBytes: 5e9, freeBytes: 20e9, remarks: [] })
  })

  test('too little: refused with the numbers and the largest folders first', () => {
    const folders = [{ name: 'Documents', bytes: 1e9 }, { name: 'Films', bytes: 3e9 }]

    const { remarks } = makePlan(input({ freeBytes: 4e9, folders }))

    expect(remarks).toMatchObject([{ code: 'too-small', blocks: true, message: expect.stringMatching(/5 GB are to be carried, 4 GB are free; 1 GB are missing/) }])
    expect(remarks[0]?.next.join()).toMatch(/Films \(3 GB\), Documents \(1 GB\)/)
  })

  test('what an earlier run has carried needs no room again', () => {
    expect(makePlan(input({ freeBytes: 2e9, carriedBytes: 4e9 }))).toMatchObject({ neededBytes: 1e9, remarks: [] })
  })

  test('nearly full afterwards: told, not refused', () => {
    expect(makePlan(input({ freeBytes: 5.1e9 })).remarks).toMatchObject([{ code: 'tight', blocks: false, message: expect.stringMatching(/100 MB will be left/) }])
  })

  test('no limit known: no remark', () => {
    const plan = makePlan(input({ freeBytes: undefined }))

    expect(plan.remarks).toEqual([])
    expect(plan).not.toHaveProperty('freeBytes')
  })
})

test('old releases work, and one is told that they are slower', () => {
  const { remarks } = makePlan(input({ source: side('https://old.example', '28.0.2'), destination: side('https://new.example', '22.2.0') }))

  expect(remarks.map(({ code, blocks }) => [code, blocks])).toEqual([['old-source', false], ['old-destination', false]])
})

test('what is known not to be carried stands in the plan by kind', () => {
  const left = [{ what: 'Commun', reason: 'it was shared with you', next: 'ask its owner' }]

  expect(makePlan(input({ kinds: [{ name: 'files', count: 1, left }] })).left).toEqual([{ kind: 'files', what: 'Commun', reason: 'it was shared with you', next: 'ask its owner' }])
})

test('the guess follows whatever is slower: items or bytes', () => {
  expect(guessSeconds([{ count: 6000 }], 0, 'polite')).toBe(100)
  expect(guessSeconds([{ count: 1 }], 6e9, 'polite')).toBe(600)
})

describe('kinds that are chosen', () => {
  test.each([
    [{}, ['files', 'favourites', 'tags', 'comments', 'albums', 'calendars', 'contacts', 'profile', 'shares']],
    [{ only: ['contacts', 'files'] as const }, ['files', 'contacts']],
    [{ without: ['calendars'] as const }, ['files', 'favourites', 'tags', 'comments', 'albums', 'contacts', 'profile', 'shares']],
    [{ without: ['files'] as const }, ['calendars', 'contacts', 'profile']],
    [{ only: ['files'] as const, also: ['trash'] as const }, ['files', 'trash']],
    [{ also: ['versions'] as const, without: ['files'] as const }, ['calendars', 'contacts', 'profile']],
    [{ only: ['files', 'shares'] as const, without: ['shares'] as const }, ['files']],
  ])('%j', (wanted, kinds) => {
    expect(chosenKinds(wanted)).toEqual(kinds)
  })
})
