import { expect } from 'vitest'
import { ask, propfind, type Wire } from '../../conformance/wire.ts'
import { fixture } from '../../support/fixtures.ts'
import type { PersonForTest } from '../support/spaces.ts'
import type { KindFixture } from './contract.ts'

const wireOf = ({ url, userId, password }: PersonForTest): Wire => ({ url, user: userId, password })

interface Body {
  readonly type: string
  readonly text: string
}

async function send(person: PersonForTest, method: string, path: string, { type, text }: Body): Promise<void> {
  const answer = await ask(wireOf(person), method, path, { headers: { 'content-type': type, 'x-nc-scheduling': 'false', 'schedule-reply': 'F' }, body: text })
  expect({ path, status: answer.status }).toEqual({ path, status: 201 })
}

interface Shelf {
  readonly home: string
  readonly create: string
  readonly type: string
  readonly extension: string
  readonly texts: readonly string[]
}

async function plantShelf(person: PersonForTest, { home, create, type, extension, texts }: Shelf): Promise<void> {
  await send(person, 'MKCOL', home, { type: 'application/xml', text: create })
  for (const [index, text] of texts.entries()) await send(person, 'PUT', `${home}${index}.${extension}`, { type, text })
}

/** Names and texts of all objects of a collection; without the name of the program that wrote a card, as servers put their own. */
async function textsIn(person: PersonForTest, home: string): Promise<Record<string, string>> {
  const found = await propfind(wireOf(person), home, 'getetag', '1')
  const files = found.map(({ href }) => href).filter((href) => !href.endsWith('/'))
  const read = async (href: string) => [href.slice(href.lastIndexOf('/') + 1), (await ask(wireOf(person), 'GET', href)).text.replace(/^PRODID:-\/\/Sabre\/\/[^\n]*\n/m, '')] as const
  return Object.fromEntries(await Promise.all(files.map(read)))
}

const mkcol = (type: string, name: string): string =>
  `<?xml version="1.0"?><d:mkcol xmlns:d="DAV:" xmlns:cal="urn:ietf:params:xml:ns:caldav" xmlns:card="urn:ietf:params:xml:ns:carddav" xmlns:x="http://apple.com/ns/ical/"><d:set><d:prop><d:resourcetype><d:collection/><${type}/></d:resourcetype><d:displayname>${name}</d:displayname></d:prop></d:set></d:mkcol>`

function shelfKind(kind: 'calendars' | 'contacts', shelfOf: (person: PersonForTest) => Shelf): KindFixture {
  return {
    kind,
    plant: async (source) => await plantShelf(source, shelfOf(source)),
    async check(source, destination) {
      const [here, there] = [await textsIn(source, shelfOf(source).home), await textsIn(destination, shelfOf(destination).home)]
      expect(Object.keys(here)).toHaveLength(shelfOf(source).texts.length)
      expect(there).toEqual(here)
      const [collection] = await propfind(wireOf(destination), shelfOf(destination).home, 'displayname')
      expect(collection?.props['displayname']).toBe('Chantier')
    },
  }
}

export const calendarsFixture = shelfKind('calendars', ({ userId }) => ({
  home: `/remote.php/dav/calendars/${userId}/chantier/`,
  create: mkcol('cal:calendar', 'Chantier'),
  type: 'text/calendar',
  extension: 'ics',
  texts: ['meeting-as-organizer', 'meeting-as-guest', 'alarms'].map((name) => fixture(`ical/${name}.ics`)),
}))

export const contactsFixture = shelfKind('contacts', ({ userId }) => ({
  home: `/remote.php/dav/addressbooks/users/${userId}/chantier/`,
  create: mkcol('card:addressbook', 'Chantier'),
  type: 'text/vcard',
  extension: 'vcf',
  texts: [fixture('vcard/v4-full.vcf')],
}))
