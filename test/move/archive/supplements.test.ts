import { expect, test } from 'vitest'
import { jsonOfOurs, OurAddressBooks, OurCalendars } from '../../../src/move/archive/supplements.ts'

const calendar = { uri: 'a', properties: { displayName: 'A', transparent: false, enabled: true, components: [] } }
const names = new Map([['one', 'one.ics'], ['__proto__', 'two.ics'], ['constructor', 'three.ics']])
const zones = new Map([['__proto__', new Map([['__proto__', 'a zone']])], ['constructor', new Map([['Europe/Paris', 'another']])]])

test('names and time zones of objects are read as they were written, whatever their UIDs', () => {
  const calendars = { calendars: [{ ...calendar, names, zones }], subscriptions: [] }
  const books = [{ uri: 'b', properties: { displayName: 'B', enabled: true }, names }]

  expect(OurCalendars.parse(JSON.parse(jsonOfOurs(calendars)))).toEqual(calendars)
  expect(OurAddressBooks.parse(JSON.parse(jsonOfOurs(books)))).toEqual(books)
})

test('they are objects in the archive, as they have always been, and no zones may be told', () => {
  expect(JSON.parse(jsonOfOurs([{ uri: 'b', properties: { displayName: 'B', enabled: true }, names: new Map([['x', 'x.vcf']]) }]))).toEqual([expect.objectContaining({ names: { x: 'x.vcf' } })])
  expect(OurCalendars.parse({ calendars: [{ ...calendar, names: { one: 'one.ics' } }], subscriptions: [] }).calendars).toEqual([{ ...calendar, names: new Map([['one', 'one.ics']]), zones: new Map() }])
})

test.each([[{ names: ['a.ics'] }], [{ names: { x: '../a.ics' } }], [{ names: { x: 1 } }], [{ names: {}, zones: { x: 'y' } }]])('another shape is refused: %j', (more) => {
  expect(OurCalendars.safeParse({ calendars: [{ ...calendar, ...more }], subscriptions: [] }).success).toBe(false)
})
