import { describe, expect, test } from 'vitest'
import { mergedCalendar, mergedCards, splitCalendar, splitCards } from '../../../src/move/archive/icalendar.ts'
import { shelfFileName } from '../../../src/move/archive/layout.ts'
import { saysTheSame } from '../../../src/move/groupware/same.ts'
import { uidIn } from '../../../src/nextcloud/groupware/uid.ts'
import { fixture } from '../../support/fixtures.ts'

const event = (uid: string, more = ''): string =>
  `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Paris\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:${uid}\r\nDTSTART;TZID=Europe/Paris:20300101T100000\r\nSUMMARY:${uid}${more}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`
const task = 'BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VTODO\nUID:task\nSUMMARY:without CR\nEND:VTODO\nEND:VCALENDAR\n'
const look = { displayName: 'Réunions, fêtes', colour: '#ff0000' }

describe('a calendar as one text', () => {
  test('comes apart into what it was made of', () => {
    const objects = [event('one'), event('two'), task, ...['meeting-as-organizer', 'meeting-as-guest', 'alarms'].map((name) => fixture(`ical/${name}.ics`))]
    const merged = mergedCalendar(look, objects)
    const split = splitCalendar(merged.text, merged.ownZones)

    expect(merged.ownZones.size).toBe(1)
    expect(merged).toMatchObject({ count: 6, unreadable: [] })
    expect(split).toMatchObject({ ...look, components: new Set(['VEVENT', 'VTODO']) })
    expect(split?.objects.map(({ uid }) => uid).slice(0, 3)).toEqual(['one', 'two', 'task'])
    expect(split?.objects.map(({ data }, index) => saysTheSame(data, objects[index] ?? ''))).toEqual(objects.map(() => true))
  })

  test('has each time zone once, and gives it only to those that use it', () => {
    const { text } = mergedCalendar(look, [event('one'), event('two'), task])

    expect(text.match(/BEGIN:VTIMEZONE/g)).toHaveLength(1)
    expect(splitCalendar(text)?.objects.map(({ data }) => data.includes('VTIMEZONE'))).toEqual([true, true, false])
  })

  test('keeps an event and its exceptions together, and events without a UID apart', () => {
    const series = event('series').replace('END:VCALENDAR', 'BEGIN:VEVENT\r\nUID:series\r\nRECURRENCE-ID:20300102T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR')
    const nameless = event('x').replace('UID:x\r\n', '')
    const split = splitCalendar(mergedCalendar(look, [series, nameless, nameless]).text)

    expect(split?.objects.map(({ uid }) => uid)).toEqual(['series', '', ''])
    expect(split?.objects[0]?.data.match(/BEGIN:VEVENT/g)).toHaveLength(2)
  })

  test('names an event by its own UID, and not by that of an alarm before it, of its time zone or of the calendar', () => {
    const alarm = 'BEGIN:VALARM\r\nUID:alarm\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n'
    const part = (uid: string, more = ''): string => `BEGIN:VEVENT\r\n${alarm}UID;X-A=b:${uid.slice(0, 2)}\r\n ${uid.slice(2)}\r\n${more}END:VEVENT\r\n`
    const series = `BEGIN:VCALENDAR\r\nUID:calendar\r\nBEGIN:VTIMEZONE\r\nUID:zone\r\nTZID:x\r\nEND:VTIMEZONE\r\n${part('series')}${part('series', 'RECURRENCE-ID:20300102T100000Z\r\n')}END:VCALENDAR\r\n`
    const split = splitCalendar(mergedCalendar(look, [series, series.replaceAll(/^UID;X-A=b:se/gm, 'UID:an')]).text)

    expect(uidIn(series)).toBe('series')
    expect(split?.objects.map(({ uid, data }) => [uid, data.match(/BEGIN:VEVENT/g)?.length])).toEqual([['series', 2], ['anries', 2]])
  })

  test('has what begins with a byte order mark', () => {
    const merged = mergedCalendar(look, [`\uFEFF${event('one')}`, event('two')])

    expect(merged).toMatchObject({ count: 2, unreadable: [] })
    expect(merged.text).not.toContain('\uFEFF')
    expect(splitCalendar(`\uFEFF${merged.text}`)?.objects.map(({ uid }) => uid)).toEqual(['one', 'two'])
    expect(mergedCards(['\uFEFFBEGIN:VCARD\r\nUID:x\r\nEND:VCARD\r\n'])).toEqual({ text: 'BEGIN:VCARD\r\nUID:x\r\nEND:VCARD\r\n', unreadable: [], count: 1 })
  })

  test('leaves out, and tells, what is no calendar', () => {
    expect(mergedCalendar(look, ['nonsense', event('one'), 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR'])).toMatchObject({ count: 1, unreadable: ['nonsense', expect.any(String)] })
    expect(splitCalendar('BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\n')).toBeUndefined()
  })

  test.each(['__proto__', 'constructor', 'hasOwnProperty'])('an event with the UID %s has its own time zone, and gives it to no other', (uid) => {
    const elsewhere = event(uid).replaceAll('+0100', '+0900')
    const merged = mergedCalendar(look, [event('one'), elsewhere, event('two')])
    const split = splitCalendar(merged.text, merged.ownZones)

    expect(Object.keys(Object.prototype)).toEqual([])
    expect(split?.objects.map(({ uid, data }) => [uid, data.match(/TZOFFSETTO:(.*)/)?.[1]])).toEqual([['one', '+0100'], [uid, '+0900'], ['two', '+0100']])
  })

  test.each(['__proto__', 'constructor', 'toString'])('an event with the UID or the time zone %s has what the calendar tells', (word) => {
    const split = splitCalendar(mergedCalendar(look, [event(word).replaceAll('Europe/Paris', word)]).text)

    expect(split?.objects[0]?.data.match(/TZOFFSETTO:(.*)/)?.[1]).toBe('+0100')
  })

  describe('a time zone whose name has commas or semicolons', () => {
    const outlook = (uid: string, parameter: string, offset = '+0100'): string =>
      event(uid).replace('TZID:Europe/Paris', String.raw`TZID:(UTC+01:00) Brussels\, Paris\; summer`).replace('TZID=Europe/Paris', `TZID=${parameter}`).replaceAll('+0100', offset)
    const offsets = (text: string, zones = new Map<string, ReadonlyMap<string, string>>()): unknown[] => splitCalendar(text, zones)?.objects.map(({ data }) => data.match(/TZOFFSETTO:(.*)/)?.[1]) ?? []
    const quoted = '"(UTC+01:00) Brussels, Paris; summer"'

    test.each([[quoted], [String.raw`"(UTC+01:00) Brussels\, Paris\; summer"`]])('goes with the events that name it so: %s', (parameter) => {
      const merged = mergedCalendar(look, [outlook('one', parameter), outlook('two', parameter, '+0900')])

      expect(offsets(merged.text, new Map(merged.ownZones))).toEqual(['+0100', '+0900'])
    })

    test('goes with those that name it without quotes, too', () => {
      const [parameter, name] = [String.raw`Brussels\, Paris`, String.raw`TZID:Brussels\, Paris`]

      expect(offsets(mergedCalendar(look, [event('one').replace('TZID:Europe/Paris', name).replace('TZID=Europe/Paris', `TZID=${parameter}`)]).text)).toEqual(['+0100'])
    })

    test('is found by an event of an archive that noted it with escapes', () => {
      const own = outlook('one', quoted, '+0900').match(/BEGIN:VTIMEZONE[^]*END:VTIMEZONE\r\n/)?.[0] ?? ''

      expect(offsets(outlook('one', quoted), new Map([['one', new Map([[String.raw`(UTC+01:00) Brussels\, Paris\; summer`, own]])]]))).toEqual(['+0900'])
    })
  })

  test('folds a long name between two characters', () => {
    const displayName = 'é🥕'.repeat(60)
    const { text } = mergedCalendar({ displayName, colour: undefined }, [task])

    expect(Math.max(...text.split('\r\n').map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(75)
    expect(splitCalendar(text)?.displayName).toBe(displayName)
  })
})

test('cards come apart into what they were', () => {
  const cards = [fixture('vcard/v4-full.vcf'), 'BEGIN:VCARD\nVERSION:3.0\nUID:b\nFN:B\nEND:VCARD\n']
  const merged = mergedCards([...cards, 'nonsense'])

  expect(merged).toMatchObject({ count: 2, unreadable: ['nonsense'] })
  expect(splitCards(merged.text)?.map(({ data }, index) => saysTheSame(data, cards[index] ?? ''))).toEqual([true, true])
  expect(splitCards('BEGIN:VCARD\r\nFN:x\r\n')).toBeUndefined()
})

test('a card is named by its own UID, also with a group, and not by that of a card in it', () => {
  const card = 'BEGIN:VCARD\r\nVERSION:2.1\r\nAGENT:\r\nBEGIN:VCARD\r\nUID:agent\r\nEND:VCARD\r\nitem1.UID:mine\r\nEND:VCARD\r\n'

  expect(uidIn(`\uFEFF${card}`)).toBe('mine')
  expect(uidIn('BEGIN:VCARD\r\nFN:x\r\nEND:VCARD\r\n')).toBeUndefined()
})

test('names of files are those of the migrators, each once', () => {
  expect(shelfFileName('Été & co_1', new Set())).toBe('tco_1')
  expect(shelfFileName('a.b', new Set(['ab', 'ab-2']))).toBe('ab-3')
  expect(shelfFileName('été'.replaceAll('t', ''), new Set())).toBe('unnamed')
})
