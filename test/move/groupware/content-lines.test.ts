import { describe, expect, it } from 'vitest'
import { componentsOf, lineIn, plain } from '../../../src/move/groupware/content-lines.ts'
import { lostLines, saysTheSame } from '../../../src/move/groupware/same.ts'
import { titleOfCard, titleOfObject } from '../../../src/move/groupware/titles.ts'
import { fixture, fixturesIn } from '../../support/fixtures.ts'

const cards = fixturesIn('vcard')
const objects = new Map([...fixturesIn('ical')].filter(([name]) => !name.startsWith('broken-')))
const meeting = fixture('ical/meeting-as-organizer.ics')

/** The same text as another program would write it: other folds, other line ends, lines and names in another order and case. */
function rewritten(text: string): string {
  return text
    .replaceAll(/\r?\n[ \t]/g, '')
    .split(/\r?\n/)
    .map((line) => line.replace(/^(PRODID:).*/, '$1-//another program//EN'))
    .join('\n')
    .replaceAll(/(.{30})(?=.)/gu, '$1\n ')
}

describe('content lines', () => {
  it('of every fixture are read whole', () => {
    for (const [name, text] of [...objects, ...cards]) {
      const parsed = componentsOf(text)
      expect([name, parsed?.length]).toEqual([name, 1])
      const read = (component: NonNullable<typeof parsed>[number]): number => component.lines.length + 2 + component.components.reduce((sum, inner) => sum + read(inner), 0)
      const lines = text.replaceAll(/\r?\n[ \t]/g, '').split(/\r?\n/).filter((line) => line !== '')
      expect([name, parsed === undefined ? 0 : read(parsed[0]!)]).toEqual([name, lines.length])
    }
  })

  it('have groups, parameters in quotes with separators inside, and lists', () => {
    const event = componentsOf(meeting)?.[0]?.components.find(({ name }) => name === 'VEVENT')
    expect(lineIn(event, 'ATTENDEE')).toMatchObject({ value: 'mailto:fatou.diallo@voisines.example' })
    expect(lineIn(event, 'ATTENDEE')?.parameters.get('CN')).toEqual(['Diallo, Fatou'])
    const card = componentsOf(fixture('vcard/v3-photo-inline.vcf'))?.[0]
    expect(card?.lines.find(({ group, name }) => group === 'ITEM1' && name === 'EMAIL')?.parameters.get('TYPE')).toEqual(['INTERNET', 'pref'])
    expect(lineIn(componentsOf(fixture('vcard/v4-full.vcf'))?.[0], 'ADR')?.parameters.get('GEO')).toEqual(['geo:47.99,-4.10'])
  })

  it('are refused where BEGIN and END do not match', () => {
    expect(componentsOf(fixture('ical/broken-no-end.ics'))).toBeUndefined()
    expect(componentsOf('')).toBeUndefined()
    expect(componentsOf('BEGIN:VCARD\r\nFN:x')).toBeUndefined()
  })

  it('are shown to people without their escapes', () => {
    expect(plain(String.raw`un\, deux\; trois\\ \nquatre `)).toBe(String.raw`un, deux; trois\  quatre`)
  })
})

describe('saying the same', () => {
  it('does not depend on folds, line ends and the program that wrote it', () => {
    for (const [name, text] of [...objects, ...cards]) expect([name, saysTheSame(text, rewritten(text))]).toEqual([name, true])
  })

  it('sees every line that is missing, and every value that differs', () => {
    for (const [name, text] of [...objects, ...cards]) {
      const lines = text.replaceAll(/\r?\n[ \t]/g, '').split(/\r?\n/)
      for (const [index, line] of lines.entries()) {
        if (/^(BEGIN|END|PRODID|$)/.test(line) || line === '') continue
        const without = lines.toSpliced(index, 1).join('\r\n')
        expect([name, line, saysTheSame(text, without)]).toEqual([name, line, line === 'CALSCALE:GREGORIAN'])
        const other = lines.with(index, `${line}x`).join('\r\n')
        expect([name, line, saysTheSame(text, other)]).toEqual([name, line, false])
      }
    }
  })

  it('tells what was lost', () => {
    const less = meeting.replace(/^STATUS:.*\r\n/m, '')
    expect(lostLines(meeting, less)).toEqual(['VCALENDAR/VEVENT: STATUS:CONFIRMED'])
    expect(lostLines(less, meeting)).toEqual([])
  })

  it('takes texts that cannot be read as the same only if they are equal', () => {
    expect(saysTheSame('one', 'one')).toBe(true)
    expect(saysTheSame('one', 'other')).toBe(false)
  })
})

describe('titles', () => {
  it('of events and tasks have a name and a day', () => {
    expect(titleOfObject(fixture('ical/recurring-with-exceptions.ics'))).toBe('Permanence du jardin partagé — arrosage, semis & café (2024-01-10)')
    expect(titleOfObject(fixture('ical/task.ics'))).toBe('Réparer la brouette (2031-06-01)')
    expect(titleOfObject(fixture('ical/journal.ics'))).toBe('Premier semis (2024-03-02)')
    expect(titleOfObject('junk')).toBeUndefined()
  })

  it('of cards are names', () => {
    expect(titleOfCard(fixture('vcard/v4-full.vcf'))).toBe('Yannick Le Goff')
    expect(titleOfCard('BEGIN:VCARD\r\nVERSION:3.0\r\nN:Diallo;Fatou;;;\r\nUID:1\r\nEND:VCARD')).toBe('Diallo Fatou')
    expect(titleOfCard('BEGIN:VCARD\r\nVERSION:3.0\r\nUID:only-an-id\r\nEND:VCARD')).toBe('only-an-id')
  })
})
