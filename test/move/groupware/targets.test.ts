import { describe, expect, it } from 'vitest'
import { batchesOf } from '../../../src/move/groupware/carry.ts'
import { newItem } from '../../../src/move/groupware/items.ts'
import { besideName } from '../../../src/move/groupware/object-writer.ts'
import type { Listing, Shelf } from '../../../src/move/groupware/realm.ts'
import { isFresh, targetFor } from '../../../src/move/groupware/targets.ts'

const realm = { main: 'personal', mainTitles: ['Personal'], fits: (a: Shelf<null>, b: Shelf<null>) => a.title === b.title }
const shelf = (uri: string, more: Partial<Shelf<null>> = {}): Shelf<null> => ({ uri, title: `Title of ${uri}`, holds: true, ctag: '', settings: null, mark: '', ...more })
const there = (shelves: readonly Shelf<null>[], taken: readonly string[] = []): Listing<null> => ({ shelves, left: [], taken: new Set([...taken, ...shelves.map(({ uri }) => uri)]) })
const target = (source: Shelf<null>, listing: Listing<null>, used: readonly string[] = []) => targetFor(source, { realm, there: listing, used: new Set(used) })

describe('where a calendar goes', () => {
  it('the one that everybody has goes into that of the new account, whatever its name', () => {
    expect(target(shelf('personal', { title: 'Moi' }), there([shelf('personal', { title: 'Personal' })]))).toEqual({ uri: 'personal', how: 'join' })
    expect(target(shelf('personal'), there([]))).toEqual({ uri: 'personal', how: 'make' })
  })

  it('another keeps its address where that is free', () => {
    expect(target(shelf('work'), there([shelf('personal')]))).toEqual({ uri: 'work', how: 'make' })
  })

  it('one of the same address and name is the same calendar; of another name it is not', () => {
    expect(target(shelf('work'), there([shelf('work')]))).toEqual({ uri: 'work', how: 'join' })
    expect(target(shelf('work'), there([shelf('work', { title: 'Chantier' })]))).toEqual({ uri: 'work-2', how: 'make' })
    expect(target(shelf('work'), there([shelf('work', { title: 'x' }), shelf('work-2')], ['work-3']))).toEqual({ uri: 'work-4', how: 'make' })
  })

  it('addresses in the trash, of shared calendars and of others of this move are not taken', () => {
    expect(target(shelf('work'), there([], ['work']))).toEqual({ uri: 'work-2', how: 'make' })
    expect(target(shelf('work'), there([shelf('work')]), ['work'])).toEqual({ uri: 'work-2', how: 'make' })
  })

  it('a subscription is found again by what it follows, and never mixed with a calendar', () => {
    const follows = shelf('holidays', { holds: false, title: 'same source' })
    expect(target(follows, there([shelf('other', { holds: false, title: 'same source' })]))).toEqual({ uri: 'other', how: 'join' })
    expect(target(follows, there([shelf('holidays', { title: 'same source' })]))).toEqual({ uri: 'holidays-2', how: 'make' })
  })

  it('takes over the look only where nobody has touched the new one', () => {
    expect(isFresh(shelf('personal', { title: 'Personal' }), realm, 0)).toBe(true)
    expect(isFresh(shelf('personal', { title: 'Personal' }), realm, 1)).toBe(false)
    expect(isFresh(shelf('personal', { title: 'Moi' }), realm, 0)).toBe(false)
    expect(isFresh(shelf('work', { title: 'Personal' }), realm, 0)).toBe(false)
  })
})

describe('batches', () => {
  const item = (bytes: number, key = 'a/b') => newItem(key, { bytes })
  it('are bounded by number and by bytes, and leave nothing out', () => {
    expect([...batchesOf(Array.from({ length: 250 }, () => item(1)))].map((batch) => batch.length)).toEqual([100, 100, 50])
    expect([...batchesOf([item(3e6), item(3e6), item(9e6), item(1)])].map((batch) => batch.length)).toEqual([1, 1, 1, 1])
    expect([...batchesOf([])]).toEqual([])
  })
})

it('a name beside a taken one keeps its ending', () => {
  expect(['a.ics', 'a.b.vcf', 'none', '.ics'].map(besideName)).toEqual(['a-moved.ics', 'a.b-moved.vcf', 'none-moved', '.ics-moved'])
})
