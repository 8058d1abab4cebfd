import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { calendars } from '../../../src/move/calendars/index.ts'
import type { CalendarProperties } from '../../../src/nextcloud/caldav/contract.ts'
import { openCalendars } from '../../../src/nextcloud/caldav/index.ts'
import type { Remote } from '../../../src/nextcloud/remote.ts'
import { failureOf } from '../../support/failures.ts'
import { fixture, fixturesIn } from '../../support/fixtures.ts'
import { moveBetween, newJournal, patientClock, twoAccounts, type Accounts } from '../support/accounts.ts'
import { killedAt, meddled } from '../support/meddle.ts'

const work: CalendarProperties = { displayName: 'Chantier', description: 'Tout le bois', colour: '#aa5500', order: 4, timezone: undefined, transparent: true, enabled: false, components: ['VEVENT', 'VTODO', 'VJOURNAL'] }
const objects = new Map([...fixturesIn('ical')].filter(([name]) => !name.startsWith('broken-')))
const event = (uid: string, summary: string): string =>
  `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//EN\r\nBEGIN:VEVENT\r\nUID:${uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20310101T100000Z\r\nSUMMARY:${summary}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`

async function put(remote: Remote, uri: string, name: string, data: string): Promise<void> {
  const collection = openCalendars(remote).collection(uri)
  const known = (await collection.read([name])).get(name)
  expect((await collection.put(name, data, known === undefined ? 'new' : { etag: known.etag })).outcome).toBe('written')
}

async function contents(remote: Remote, uri: string): Promise<Map<string, string>> {
  const collection = openCalendars(remote).collection(uri)
  const { changed } = await collection.changes()
  return new Map([...(await collection.read(changed.map(({ name }) => name)))].map(([name, { data }]) => [name, data] as const))
}

/** Every fixture in two calendars, a third that is empty, one followed. */
async function fill({ source }: Pick<Accounts, 'source'>): Promise<number> {
  const home = openCalendars(source)
  await home.create('chantier', work)
  await home.setCalendar('chantier', work)
  await home.create('vide', { ...work, displayName: 'Vide' })
  await home.subscribe('vacances', { displayName: 'Vacances', colour: '#00ff00', order: 9, enabled: true, source: 'https://example.org/v.ics', refreshRate: 'P1D' })
  for (const [name, data] of objects) await put(source, name.startsWith('m') || name.startsWith('journal') ? 'chantier' : 'personal', name, data)
  return objects.size + 4
}

let spaces: Accounts
beforeAll(async () => {
  spaces = await twoAccounts()
})
afterAll(async () => await spaces[Symbol.asyncDispose]())

describe('calendars', () => {
  it('move whole: objects byte by byte under their names, look and subscriptions; a second run asks little and moves nothing', async () => {
    const accounts = await spaces.another()
    using journal = newJournal()
    const count = await fill(accounts)
    const destination = meddled(accounts.destination, () => undefined)
    using move = moveBetween({ ...accounts, destination, journal: journal.path })
    expect(await calendars.inventory(move)).toEqual({ count, left: [] })
    expect(destination.asked).toEqual([])

    expect(await calendars.run(move)).toMatchObject({ moved: count - 1, alreadyThere: 1, refused: [] })
    for (const uri of ['personal', 'chantier', 'vide']) expect(await contents(accounts.destination, uri)).toEqual(await contents(accounts.source, uri))
    const told = async (remote: Remote) => new Map((await openCalendars(remote).list()).map((entry) => [entry.uri, 'properties' in entry ? entry.properties : undefined]))
    expect(await told(accounts.destination)).toEqual(await told(accounts.source))
    expect(await calendars.verify(move)).toEqual({ checked: count, differing: [] })

    const known = () => [...move.journal.walk('calendars')].map(({ pass: _pass, ...item }) => item)
    const items = known()
    destination.asked.length = 0
    expect(await calendars.run(move)).toMatchObject({ moved: count - 1, alreadyThere: 1, refused: [] })
    expect(known()).toEqual(items)
    expect(destination.asked.filter(({ method }) => method !== 'PROPFIND' && method !== 'REPORT')).toEqual([])
  })

  it('tell no server to invite anybody, whatever is written or deleted', async () => {
    const accounts = await spaces.another()
    using journal = newJournal()
    await fill(accounts)
    const destination = meddled(accounts.destination, () => undefined)
    using move = moveBetween({ ...accounts, destination, journal: journal.path })
    await calendars.run(move)
    await put(accounts.source, 'chantier', 'meeting-as-organizer.ics', fixture('ical/meeting-as-organizer.ics').replace('SEQUENCE:2', 'SEQUENCE:3'))
    const guest = (await openCalendars(accounts.source).collection('chantier').read(['meeting-as-guest.ics'])).get('meeting-as-guest.ics')
    await openCalendars(accounts.source).collection('chantier').remove('meeting-as-guest.ics', guest?.etag ?? '')
    await calendars.run(move)
    const writes = destination.asked.filter(({ method }) => method === 'PUT' || method === 'DELETE')
    expect(writes.length).toBe(objects.size + 2)
    for (const { headers } of writes) expect(headers).toMatchObject({ 'schedule-reply': 'F', 'x-nc-scheduling': 'false' })
    expect(destination.asked.filter(({ method }) => method === 'POST')).toEqual([])
    expect((await contents(accounts.destination, 'chantier')).has('meeting-as-guest.ics')).toBe(false)
  })

  it('a broken one, one that the server fails on and one that the source does not show are refused with a reason, and hold up nothing', async () => {
    const accounts = await spaces.another()
    using journal = newJournal()
    const count = await fill(accounts)
    const refuse = new Map([['outlook.ics', { status: 415, text: '<s:message>Validation error in iCalendar: broken</s:message>' }], ['task.ics', { status: 500, text: '' }]])
    const destination = meddled(accounts.destination, ({ method, path }) => (method === 'PUT' ? refuse.get(path.split('/').at(-1) ?? '') : undefined))
    const source = meddled(accounts.source, ({ method, path, body }) => (path.endsWith('/alarms.ics') || (method === 'REPORT' && body.includes('multiget') && body.includes('alarms.ics')) ? { status: 500 } : undefined))
    using move = moveBetween({ source, destination, journal: journal.path })
    const { moved, alreadyThere, refused } = await calendars.run(move)
    expect(moved + alreadyThere).toBe(count - 3)
    expect(refused).toEqual([
      expect.objectContaining({ what: 'alarms.ics, in Personal', reason: 'the old host lists it, but cannot show it' }),
      expect.objectContaining({ what: 'Rendez-vous banque (2031-09-09), in Personal', reason: 'the new host does not take it: Validation error in iCalendar: broken', next: expect.stringContaining('save it again') }),
      expect.objectContaining({ what: 'Réparer la brouette (2031-06-01), in Personal', reason: 'the new host does not take it: the server answered 500' }),
    ])
    refuse.clear()
    using again = moveBetween({ source: accounts.source, destination, journal: journal.path })
    expect(await calendars.run(again)).toMatchObject({ moved: count - 1, refused: [] })
  })

  it('a server that fails on everything stops the kind instead of refusing each thing', async () => {
    const accounts = await spaces.another()
    using journal = newJournal()
    for (let number = 0; number < 30; number++) await put(accounts.source, 'personal', `${number}.ics`, event(`${number}`, 'x'))
    const destination = meddled(accounts.destination, ({ method }) => (method === 'PUT' ? { status: 500 } : undefined))
    using move = moveBetween({ ...accounts, destination, journal: journal.path })
    expect((await failureOf(calendars.run(move))).message).toContain('fails on everything')
  })

  it('never touches what is there: the same is recognised, the rest is refused or gets a name beside', async () => {
    const accounts = await spaces.another()
    using journal = newJournal()
    await put(accounts.source, 'personal', 'same.ics', event('same', 'S'))
    await put(accounts.source, 'personal', 'other.ics', event('other', 'mine'))
    await put(accounts.source, 'personal', 'renamed.ics', event('renamed', 'R'))
    await put(accounts.source, 'personal', 'renamed-other.ics', event('renamed-other', 'mine'))
    await put(accounts.source, 'personal', 'name.ics', event('one', '1'))
    const before: [string, string][] = [['elsewhere.ics', event('renamed', 'R')], ['elsewhere-other.ics', event('renamed-other', 'theirs')], ['name.ics', event('two', '2')], ['other.ics', event('other', 'theirs')], ['same.ics', event('same', 'S').replace('-//t//EN', '-//another//EN')]]
    for (const [name, data] of before) await put(accounts.destination, 'personal', name, data)
    using move = moveBetween({ ...accounts, journal: journal.path })
    const { moved, alreadyThere, refused } = await calendars.run(move)
    expect({ moved, alreadyThere, refused: refused.map(({ what }) => what) }).toEqual({ moved: 1, alreadyThere: 3, refused: ['mine (2031-01-01), in Personal', 'mine (2031-01-01), in Personal'] })
    expect(refused[0]).toMatchObject({ reason: 'the new host has it already, with another content; it was not touched', next: expect.stringContaining('delete the one at the new host') })
    const after = await contents(accounts.destination, 'personal')
    expect(after).toEqual(new Map([...before, ['name-moved.ics', event('one', '1')] as const]))
    expect((await calendars.verify(move)).differing).toEqual([])
    expect((await calendars.run(move)).refused).toHaveLength(2)
    expect(await contents(accounts.destination, 'personal')).toEqual(after)
  })

  it('a calendar of the same address and another name gets an address beside; the one in use is left alone', async () => {
    const accounts = await spaces.another()
    using journal = newJournal()
    await openCalendars(accounts.source).create('chantier', work)
    await put(accounts.source, 'chantier', 'a.ics', event('a', 'A'))
    await openCalendars(accounts.destination).create('chantier', { ...work, displayName: 'Autre chose' })
    await openCalendars(accounts.destination).setCalendar('personal', { ...work, displayName: 'Moi' })
    using move = moveBetween({ ...accounts, journal: journal.path })
    await calendars.run(move)
    expect(await contents(accounts.destination, 'chantier')).toEqual(new Map())
    expect(await contents(accounts.destination, 'chantier-2')).toEqual(await contents(accounts.source, 'chantier'))
    const names = new Map((await openCalendars(accounts.destination).list()).map((entry) => [entry.uri, 'properties' in entry ? entry.properties.displayName : '']))
    expect(Object.fromEntries(names)).toEqual({ personal: 'Moi', chantier: 'Autre chose', 'chantier-2': 'Chantier' })
  })

  it('follow changes and deletions, but only over what is as this move wrote it', async () => {
    const accounts = await spaces.another()
    using journal = newJournal()
    for (const name of ['both', 'changed', 'deleted', 'deleted-and-changed', 'kept']) await put(accounts.source, 'personal', `${name}.ics`, event(name, 'before'))
    using move = moveBetween({ ...accounts, journal: journal.path })
    await calendars.run(move)
    const source = openCalendars(accounts.source).collection('personal')
    await put(accounts.source, 'personal', 'changed.ics', event('changed', 'after'))
    await put(accounts.source, 'personal', 'both.ics', event('both', 'after, old'))
    await put(accounts.destination, 'personal', 'both.ics', event('both', 'after, new'))
    await put(accounts.destination, 'personal', 'deleted-and-changed.ics', event('deleted-and-changed', 'after, new'))
    for (const name of ['deleted.ics', 'deleted-and-changed.ics']) await source.remove(name, (await source.read([name])).get(name)?.etag ?? '')
    await put(accounts.source, 'personal', 'new.ics', event('new', 'after'))
    const { moved, refused } = await calendars.run(move)
    expect({ moved, refused }).toMatchObject({ moved: 3, refused: [{ what: 'after, old (2031-01-01), in Personal', reason: expect.stringContaining('changed on both sides') }] })
    const summaries = [...(await contents(accounts.destination, 'personal'))].map(([name, data]) => [name, /SUMMARY:(.*)\r/.exec(data)?.[1]])
    expect(Object.fromEntries(summaries)).toEqual({ 'both.ics': 'after, new', 'changed.ics': 'after', 'deleted-and-changed.ics': 'after, new', 'kept.ics': 'before', 'new.ics': 'after' })
    expect(move.journal.notes().map(({ message }) => message)).toEqual(['"deleted-and-changed.ics" was deleted at the old host, but changed at the new one since: it stays there'])
    expect(await calendars.verify(move)).toMatchObject({ differing: [] })
  })

  it('changes of name and look follow, unless the new one was changed too; a calendar that is gone goes where it is empty', async () => {
    const accounts = await spaces.another()
    using journal = newJournal()
    const [home, there] = [openCalendars(accounts.source), openCalendars(accounts.destination)]
    for (const uri of ['a', 'b', 'c', 'd']) await home.create(uri, { ...work, displayName: uri })
    await put(accounts.source, 'c', 'x.ics', event('x', 'X'))
    using move = moveBetween({ ...accounts, journal: journal.path })
    await calendars.run(move)
    await there.setCalendar('b', { ...work, displayName: 'mine' })
    await put(accounts.destination, 'd', 'theirs.ics', event('theirs', 'T'))
    for (const uri of ['a', 'b']) await home.setCalendar(uri, { ...work, displayName: `new ${uri}` })
    for (const uri of ['c', 'd']) await home.remove(uri)
    await calendars.run(move)
    const names = (await there.list()).map((entry) => [entry.uri, 'properties' in entry ? entry.properties.displayName : ''])
    expect(Object.fromEntries(names)).toEqual({ personal: 'Personal', a: 'new a', b: 'mine', d: 'd' })
  })

  it('a source that is suddenly emptied is a question, not a wish', async () => {
    const accounts = await spaces.another()
    using journal = newJournal()
    const source = openCalendars(accounts.source).collection('personal')
    for (let number = 0; number < 15; number++) await put(accounts.source, 'personal', `${number}.ics`, event(`${number}`, 'x'))
    using move = moveBetween({ ...accounts, journal: journal.path })
    await calendars.run(move)
    for (const { name, etag } of (await source.changes()).changed) await source.remove(name, etag)
    expect(await failureOf(calendars.run(move))).toMatchObject({ code: 'refused', data: { gone: 15 } })
    expect((await contents(accounts.destination, 'personal')).size).toBe(15)
    move.journal.setFact('allowShrink.calendars', 'yes')
    await calendars.run(move)
    expect((await contents(accounts.destination, 'personal')).size).toBe(0)
  })
})

describe('limits of calendars', () => {
  it('a limit of the last hour is waited for, told beforehand; the others are carried meanwhile', async () => {
    const accounts = await spaces.another()
    using journal = newJournal()
    for (const uri of ['a', 'b', 'c']) await openCalendars(accounts.source).create(uri, { ...work, displayName: uri })
    await put(accounts.source, 'c', 'x.ics', event('x', 'X'))
    const clock = patientClock()
    let open = 1
    const destination = meddled(accounts.destination, ({ method }) => (method === 'MKCOL' && (clock.slept() < 3_600_000 ? open-- <= 0 : false) ? { status: 429, text: '<s:message>Too many calendars created</s:message>' } : undefined))
    using move = moveBetween({ ...accounts, destination, journal: journal.path, clock })
    expect(await calendars.run(move)).toMatchObject({ moved: 4, alreadyThere: 1, refused: [] })
    expect(clock.slept()).toBeGreaterThan(3_500_000)
    expect(move.told.find(({ note }) => note?.includes('10 new calendars in an hour: going on at') === true)).toBeDefined()
    expect(await calendars.verify(move)).toMatchObject({ checked: 5, differing: [] })
  })

  it('a limit that does not pass is refused after an hour, with numbers', async () => {
    const accounts = await spaces.another()
    using journal = newJournal()
    await openCalendars(accounts.source).create('a', { ...work, displayName: 'A' })
    await put(accounts.source, 'a', 'x.ics', event('x', 'X'))
    const destination = meddled(accounts.destination, ({ method }) => (method === 'MKCOL' ? { status: 429 } : undefined))
    using move = moveBetween({ ...accounts, destination, journal: journal.path, clock: patientClock() })
    const { refused } = await calendars.run(move)
    expect(refused).toEqual([expect.objectContaining({ what: 'A', reason: 'the new host takes 10 new calendars in an hour and refused one for longer than that' }), expect.objectContaining({ what: 'x.ics, in A' })])
  })

  it('a full account refuses what is too much with its number, and its events with it', async () => {
    const accounts = await spaces.another()
    using journal = newJournal()
    for (const uri of ['a', 'b']) await openCalendars(accounts.source).create(uri, { ...work, displayName: uri })
    await put(accounts.source, 'b', 'x.ics', event('x', 'X'))
    const destination = meddled(accounts.destination, ({ method, path }) => (method === 'MKCOL' && path.endsWith('/b/') ? { status: 403, text: '<s:message>Calendar limit reached</s:message>' } : undefined))
    using move = moveBetween({ ...accounts, destination, journal: journal.path })
    const { moved, alreadyThere, refused } = await calendars.run(move)
    expect({ moved, alreadyThere }).toEqual({ moved: 1, alreadyThere: 1 })
    expect(refused.map(({ reason }) => reason)).toEqual([expect.stringMatching(/^the new host allows an account no more calendars than the \d+ that are there now$/), expect.stringMatching(/^"b" could not be made: the new host allows/)])
  })
})

describe('a calendar that the server fails on', () => {
  // As 32.0.1 on PostgreSQL answers where a name or description is longer than 255 characters.
  const failure = { status: 500, text: '<s:exception>OC\\DB\\Exceptions\\DbalException</s:exception><s:message>value too long for type character varying(255)</s:message>' }

  it('is refused with its events, by name, and the others are carried', async () => {
    const accounts = await spaces.another()
    using journal = newJournal()
    for (const uri of ['a', 'b']) await openCalendars(accounts.source).create(uri, { ...work, displayName: uri })
    await put(accounts.source, 'a', 'x.ics', event('x', 'X'))
    await put(accounts.source, 'b', 'y.ics', event('y', 'Y'))
    let failing = true
    const destination = meddled(accounts.destination, ({ method, path }) => (failing && method === 'MKCOL' && path.endsWith('/a/') ? failure : undefined))
    using move = moveBetween({ ...accounts, destination, journal: journal.path, clock: patientClock() })
    const reason = 'the new host does not take it: value too long for type character varying(255)'
    const next = 'give it a name and a description of at most 255 characters at the old host, and run the move again; if it stays, ask the new host'
    for (let pass = 1; pass <= 2; pass++) {
      expect(await calendars.run(move)).toMatchObject({ moved: 2, alreadyThere: 1, refused: [{ what: 'a', reason, next }, { what: 'x.ics, in a', reason: `"a" could not be made: ${reason}`, next }] })
    }
    expect((await calendars.verify(move)).differing).toEqual([])
    failing = false
    expect(await calendars.run(move)).toMatchObject({ moved: 4, refused: [] })
  })

  it('and makes all the same is not made twice', async () => {
    const accounts = await spaces.another()
    using journal = newJournal()
    await openCalendars(accounts.source).create('a', { ...work, displayName: 'A' })
    const there = accounts.destination
    const destination: Remote = {
      ...there,
      async send(path, options) {
        const answer = await there.send(path, options)
        return options?.method === 'MKCOL' && answer.status === 201 ? { ...answer, status: 500 } : answer
      },
    }
    using move = moveBetween({ ...accounts, destination, journal: journal.path, clock: patientClock() })
    expect(await calendars.run(move)).toMatchObject({ moved: 1, alreadyThere: 1, refused: [] })
    expect((await openCalendars(there).list()).map(({ uri }) => uri)).toEqual(['personal', 'a'])
  })

  it('only in its name or look: what is in it is carried, and the comparison tells', async () => {
    const accounts = await spaces.another()
    using journal = newJournal()
    await openCalendars(accounts.source).create('a', { ...work, displayName: 'A' })
    await put(accounts.source, 'a', 'x.ics', event('x', 'X'))
    let failing = false
    const destination = meddled(accounts.destination, ({ method }) => (failing && method === 'PROPPATCH' ? failure : undefined))
    using move = moveBetween({ ...accounts, destination, journal: journal.path, clock: patientClock() })
    await calendars.run(move)
    failing = true
    await openCalendars(accounts.source).setCalendar('a', { ...work, displayName: 'A', description: 'x'.repeat(300) })
    await put(accounts.source, 'a', 'y.ics', event('y', 'Y'))
    expect(await calendars.run(move)).toMatchObject({ moved: 3, refused: [] })
    expect(move.journal.notes().map(({ message }) => message)).toEqual(['name or look of "A" is not as at the old host: setting properties: the server answered 500 (value too long for type character varying(255))'])
    expect((await calendars.verify(move)).differing).toEqual([{ what: 'A', reason: 'its name or look changed at the old host since it was moved', next: 'run the move again' }])
    failing = false
    expect(await calendars.run(move)).toMatchObject({ moved: 3, refused: [] })
    expect((await calendars.verify(move)).differing).toEqual([])
  })
})

describe('a move of calendars that is killed', () => {
  it('at any request, goes on from there: all is there once, and nothing twice', async () => {
    for (const when of ['before', 'after'] as const) {
      for (let number = 1, over = false; !over; number += 1) {
        const accounts = await spaces.another()
        using journal = newJournal()
        await openCalendars(accounts.source).create('chantier', work)
        for (const name of ['task.ics', 'outlook.ics']) await put(accounts.source, 'personal', name, objects.get(name) ?? '')
        await put(accounts.source, 'chantier', 'alarms.ics', objects.get('alarms.ics') ?? '')
        const { remotes, killed } = killedAt([accounts.source, accounts.destination], number, when)
        const move = moveBetween({ source: remotes[0]!, destination: remotes[1]!, journal: journal.path, manner: 'gentle' })
        const ended = calendars.run(move).then(() => 'done', () => 'failed')
        await Promise.race([ended, new Promise((resolve) => { const timer = setInterval(() => { if (killed()) { clearInterval(timer); setTimeout(resolve, 30) } else void ended.then(() => clearInterval(timer)) }, 5) })])
        over = !killed()
        move[Symbol.dispose]()
        using again = moveBetween({ ...accounts, journal: journal.path })
        expect({ when, number, ...(await calendars.run(again)) }).toMatchObject({ when, number, moved: 4, alreadyThere: 1, refused: [] })
        for (const uri of ['personal', 'chantier']) expect(await contents(accounts.destination, uri)).toEqual(await contents(accounts.source, uri))
        expect((await openCalendars(accounts.destination).list()).length).toBe(2)
        expect(await calendars.verify(again)).toEqual({ checked: 5, differing: [] })
      }
    }
  }, 120_000)
})
