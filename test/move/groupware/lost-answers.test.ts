import { afterAll, beforeAll, expect, it } from 'vitest'
import { calendars } from '../../../src/move/calendars/index.ts'
import type { CalendarProperties } from '../../../src/nextcloud/caldav/contract.ts'
import { openCalendars } from '../../../src/nextcloud/caldav/index.ts'
import type { Remote } from '../../../src/nextcloud/remote.ts'
import { moveBetween, newJournal, patientClock, twoAccounts, type Accounts } from '../support/accounts.ts'
import { unanswered } from '../support/meddle.ts'

const work: CalendarProperties = { displayName: 'Chantier', description: undefined, colour: undefined, order: undefined, timezone: undefined, transparent: false, enabled: true, components: ['VEVENT'] }
const event = (uid: string, summary: string): string =>
  `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//EN\r\nBEGIN:VEVENT\r\nUID:${uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20310101T100000Z\r\nSUMMARY:${summary}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`

let spaces: Accounts
beforeAll(async () => {
  spaces = await twoAccounts()
})
afterAll(async () => await spaces[Symbol.asyncDispose]())

async function textsOf(remote: Remote): Promise<Record<string, string>> {
  const collection = openCalendars(remote).collection('chantier')
  const { changed } = await collection.changes()
  return Object.fromEntries([...(await collection.read(changed.map(({ name }) => name)))].map(([name, { data }]) => [name, data]))
}

it('what the destination has done without answering is of this move: later changes and deletions follow', async () => {
  const accounts = await spaces.another()
  const there = openCalendars(accounts.source).collection('chantier')
  await openCalendars(accounts.source).create('chantier', work)
  for (const name of ['a', 'b', 'c']) await there.put(`${name}.ics`, event(name, 'first'), 'new')
  using journal = newJournal()
  using move = moveBetween({ ...accounts, destination: unanswered(accounts.destination, ({ method }) => ['PUT', 'MKCOL', 'PROPPATCH'].includes(method)), journal: journal.path, clock: patientClock() })

  expect(await calendars.run(move)).toMatchObject({ moved: 4, refused: [] })
  expect(await textsOf(accounts.destination)).toEqual(await textsOf(accounts.source))

  const etagOf = async (name: string): Promise<string> => (await there.read([name])).get(name)?.etag ?? ''
  await there.put('a.ics', event('a', 'second'), { etag: await etagOf('a.ics') })
  await there.remove('b.ics', await etagOf('b.ics'))
  expect(await calendars.run(move)).toMatchObject({ refused: [] })
  expect(Object.keys(await textsOf(accounts.destination))).toEqual(['a.ics', 'c.ics'])
  expect(await textsOf(accounts.destination)).toEqual(await textsOf(accounts.source))
})
