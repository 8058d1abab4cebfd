import type { Remote } from '../remote.ts'
import { childrenIn, textIn, type DavResponse } from '../multistatus.ts'
import { askDav, nameIn } from '../groupware/ask.ts'
import { collectionAt } from '../groupware/collection.ts'
import { makeCollection, removeCollection, setProperties } from '../groupware/create.ts'
import type { Dialect } from '../groupware/place.ts'
import { sharedWithIn } from '../groupware/sharing.ts'
import { documentOf, escapeXml, propfindOf, type XmlName, type XmlProperty } from '../groupware/xml.ts'
import type { AddressBookProperties, BookEntry, RemoteAddressBooks } from './contract.ts'

const dialect: Dialect = {
  data: 'card:address-data',
  multiget: 'card:addressbook-multiget',
  /** A card is converted to the version that is asked for, and lost detail with it (CardDAV\Plugin::convertVCard). */
  asked: ['3.0', '4.0'].map((version) => `<card:address-data content-type="text/vcard" version="${version}"/>`),
  contentType: 'text/vcard; charset=utf-8',
  headers: {},
  stored: (shown) => shown,
  searches: (uid) => [
    documentOf('card:addressbook-query', `<d:prop><d:getetag/></d:prop><card:filter><card:prop-filter name="UID"><card:text-match collation="i;octet" match-type="equals">${escapeXml(uid)}</card:text-match></card:prop-filter></card:filter>`),
  ],
}

const question: readonly XmlName[] = ['d:resourcetype', 'd:displayname', 'cs:getctag', 'card:addressbook-description', 'oc:owner-principal', 'oc:enabled', 'nc:owner-displayname', 'oc:invite']

/** `z-server-generated--system`, `z-app-generated--contactsinteraction--recent`. */
const isGenerated = (uri: string): boolean => /^z-(?:server|app)-generated--/.test(uri)

/** Address books of the account that `remote` is signed in with. */
export function openAddressBooks(remote: Remote): RemoteAddressBooks {
  const home = `/remote.php/dav/addressbooks/users/${encodeURIComponent(remote.uid)}/`
  const path = (uri: string): string => `${home}${encodeURIComponent(uri)}/`
  return {
    async list() {
      const { responses } = await askDav(remote, home, { method: 'PROPFIND', depth: '1', body: propfindOf(question), what: 'listing address books' })
      return responses.map((response) => bookEntryOf(remote.uid, response)).filter((entry): entry is BookEntry => entry !== undefined)
    },
    create: async (uri, properties) => await makeCollection(remote, path(uri), { type: '<card:addressbook/>', properties: lookXml(properties) }),
    setBook: async (uri, properties) => await setProperties(remote, path(uri), [...lookXml(properties), ['oc:enabled', properties.enabled ? '1' : '0']]),
    remove: async (uri) => await removeCollection(remote, path(uri), {}),
    collection: (uri) => collectionAt({ remote, dialect, path: path(uri) }),
  }
}

/** What a response is; undefined for the home itself. Pure. */
export function bookEntryOf(uid: string, response: DavResponse): BookEntry | undefined {
  const { props } = response
  if (!('addressbook' in childrenIn(props['resourcetype']))) return undefined
  const uri = nameIn(response.href)
  const displayName = textIn(props['displayname']) || uri
  const owner = textIn(props['owner-principal']).replace(/^\/?principals\/users\//, '')
  if (isGenerated(uri)) return { is: 'generated', uri, displayName, owner }
  if (owner !== '' && owner !== uid) return { is: 'shared', uri, displayName, owner: textIn(props['owner-displayname']) || owner }
  const description = textIn(props['addressbook-description'])
  const sharedWith = sharedWithIn(uid, props['invite'])
  const properties = { displayName, description: description === '' ? undefined : description, enabled: textIn(props['enabled']) !== '0' }
  return { is: 'book', uri, ctag: textIn(props['getctag']), properties, ...(sharedWith.length === 0 ? {} : { sharedWith }) }
}

const lookXml = ({ displayName, description }: AddressBookProperties): XmlProperty[] => [
  ['d:displayname', escapeXml(displayName)],
  ['card:addressbook-description', escapeXml(description ?? '')],
]
