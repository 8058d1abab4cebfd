import type { AddressBookProperties, BookEntry, RemoteAddressBooks } from '../../nextcloud/carddav/contract.ts'
import { openAddressBooks } from '../../nextcloud/carddav/index.ts'
import type { Kind } from '../contract.ts'
import { sharingLeft } from '../groupware/beside.ts'
import { groupwareKind } from '../groupware/index.ts'
import { mainBookTitles } from '../groupware/main-titles.ts'
import { markOf } from '../groupware/mark.ts'
import type { Library, Listing, Realm } from '../groupware/realm.ts'
import { titleOfCard } from '../groupware/titles.ts'

const realm: Realm<AddressBookProperties> = {
  kind: 'contacts',
  main: 'contacts',
  mainTitles: mainBookTitles,
  limit: { name: 'contacts.new', most: 10, periodMs: 3_600_000, what: 'new address books' },
  words: { shelf: 'address book', shelves: 'address books', object: 'contact' },
  open: ({ remote, instead }) => libraryOf(instead?.addressBooks ?? openAddressBooks(remote)),
  titleOf: titleOfCard,
  fits: (source, there) => source.title === there.title,
}

/** Address books with their cards; groups are categories or cards of their own, and go with them. */
export const contacts: Kind = groupwareKind(realm)

const libraryOf = (books: RemoteAddressBooks): Library<AddressBookProperties> => ({
  list: async () => listingOf(await books.list()),
  make: async (uri, { settings }) => await books.create(uri, settings),
  set: async (uri, { settings }) => await books.setBook(uri, settings),
  remove: async (uri) => await books.remove(uri),
  collection: (uri) => books.collection(uri),
})

/** What is carried, and what is not and why. Pure. */
export function listingOf(entries: readonly BookEntry[]): Listing<AddressBookProperties> {
  return {
    shelves: entries.flatMap((entry) => (entry.is === 'book' ? [{ uri: entry.uri, title: entry.properties.displayName, holds: true, ctag: entry.ctag, settings: entry.properties, mark: markOf({ ...entry.properties }) }] : [])),
    left: entries.flatMap((entry) => {
      if (entry.is === 'book') return sharingLeft(entry.uri, entry.properties.displayName, entry.sharedWith)
      const { uri, displayName: what, owner = 'somebody else' } = entry
      if (entry.is === 'shared') return [{ uri, refusal: { what, reason: `the address book belongs to ${owner}, who shares it with you`, next: `ask ${owner} to share it with your new account` } }]
      // All accounts of the server: nothing of the person's own.
      if (uri.startsWith('z-server-')) return []
      return [{ uri, refusal: { what, reason: 'an app makes this address book from its own data; at the new host it makes its own' } }]
    }),
    taken: new Set(entries.map(({ uri }) => uri)),
  }
}
