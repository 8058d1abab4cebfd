import { openAddressBooks } from '../src/nextcloud/carddav/index.ts'
import { openCalendars } from '../src/nextcloud/caldav/index.ts'
import type { CalendarProperties } from '../src/nextcloud/caldav/contract.ts'
import type { RemoteCollection } from '../src/nextcloud/groupware/contract.ts'
import { inParallel } from '../src/move/workers.ts'
import { openMoveLab, whyNoMove, type MoveLab } from './move-lab.ts'
import { round, type Bench } from './report.ts'
import { vdirsyncer, whyNoVdirsyncer } from './vdirsyncer.ts'

const all = 1000
const calendar: CalendarProperties = { displayName: 'Work', description: undefined, colour: '#0082c9', order: 1, timezone: undefined, transparent: false, enabled: true, components: ['VEVENT', 'VTODO'] }
const book = { displayName: 'Neighbours', description: undefined, enabled: true }

/** Two in three are events, some of them every week; the others are tasks. */
function calendarObject(index: number): string {
  const uid = `${index}-bench@chaton.example`
  const day = `2024${String((index % 12) + 1).padStart(2, '0')}${String((index % 28) + 1).padStart(2, '0')}`
  const times = index % 3 === 2 ? [`DUE:${day}T170000Z`, 'STATUS:NEEDS-ACTION'] : [`DTSTART:${day}T090000Z`, `DTEND:${day}T100000Z`, ...(index % 10 === 0 ? ['RRULE:FREQ=WEEKLY;COUNT=20'] : [])]
  const name = index % 3 === 2 ? 'VTODO' : 'VEVENT'
  const lines = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//chaton//bench//EN', `BEGIN:${name}`, `UID:${uid}`, 'DTSTAMP:20240101T000000Z', ...times, `SUMMARY:Meeting ${index} about the garden`, `DESCRIPTION:${'Bring seeds and tools. '.repeat(1 + (index % 20))}`, `END:${name}`, 'END:VCALENDAR', '']
  return lines.join('\r\n')
}

function card(index: number): string {
  const person = `Neighbour ${index}`
  return ['BEGIN:VCARD', 'VERSION:3.0', `UID:${index}-bench`, `FN:${person}`, `N:${person};;;;`, `EMAIL;TYPE=HOME:neighbour.${index}@chaton.example`, `TEL;TYPE=CELL:+331${String(index).padStart(8, '0')}`, `NOTE:${'Knows about bees. '.repeat(1 + (index % 10))}`, 'END:VCARD', ''].join('\r\n')
}

async function fill(collection: RemoteCollection, objects: readonly (readonly [name: string, data: string])[]): Promise<void> {
  await inParallel(objects, 4, async ([name, data]) => {
    const { outcome } = await collection.put(name, data, 'new')
    if (outcome !== 'written') throw new Error(`the source did not take ${name}`)
  })
}

export async function plant({ source, destination }: MoveLab, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, index) => index)
  const [calendars, books] = [openCalendars(source.remote), openAddressBooks(source.remote)]
  await calendars.create('bench', calendar)
  await books.create('bench', book)
  await fill(calendars.collection('bench'), numbers.map((index) => [`${index}.ics`, calendarObject(index)]))
  await fill(books.collection('bench'), numbers.map((index) => [`${index}.vcf`, card(index)]))
  await openCalendars(destination.remote).create('vdirsyncer', { ...calendar, displayName: 'vdirsyncer' })
  await openAddressBooks(destination.remote).create('vdirsyncer', { ...book, displayName: 'vdirsyncer' })
}

/** Calendar objects and contacts from server to server, beside vdirsyncer. */
export const moveDav: Bench = {
  unavailable: async () => whyNoVdirsyncer() ?? (await whyNoMove()),
  run: async (report, { scale, firstPort }) => {
    const count = all * scale
    await using lab = await openMoveLab(firstPort)
    await plant(lab, count)
    const pair = { ...lab.accounts, from: 'bench', to: 'vdirsyncer' } as const
    const parts = [['calendars', 'caldav', 'calendar objects'], ['contacts', 'carddav', 'contacts']] as const
    let [our, their] = [0, 0]
    for (const [kind, type, words] of parts) {
      const theirs = await vdirsyncer({ ...pair, type })
      const { seconds, moved } = await lab.move({ kinds: [kind] })
      if (moved < count) throw new Error(`${moved} of ${count} ${words} were moved`)
      report({ figure: `${count} ${words}, seconds`, ours: round(seconds), other: round(theirs), otherName: 'vdirsyncer', ratio: round(theirs / seconds), goal: 'at least 5 times faster', met: theirs >= 5 * seconds })
      our += seconds
      their += theirs
    }
    report({ figure: `${count} calendar objects and ${count} contacts, seconds`, ours: round(our), other: round(their), otherName: 'vdirsyncer', ratio: round(their / our), goal: 'at least 5 times faster', met: their >= 5 * our })
  },
}
