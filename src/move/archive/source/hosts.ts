import { ChatonError } from '../../../kit/errors.ts'
import type { Remote } from '../../../nextcloud/remote.ts'
import type { Account, Host, Hosts } from '../../hosts.ts'
import { isArchiveAddress, pathOfArchive } from '../address.ts'
import { archiveAddressBooks } from './address-books.ts'
import { openArchive, type Archive } from './archive.ts'
import { archiveCalendars } from './calendars.ts'
import { archiveComments, archiveFavourites, archiveTags } from './marks.ts'
import { archiveLanguage, archiveProfile } from './profile.ts'
import { archiveFiles } from './files.ts'

/** The same servers, and archives under their `file:` URLs: a source that needs no sign-in. Only where the person who names the source may read the files of this machine. */
export function withArchives(hosts: Hosts): Hosts {
  let last: { readonly address: string; readonly archive: Promise<Archive> } | undefined
  const opened = async (address: string): Promise<Archive> => {
    if (last?.address !== address) last = { address, archive: openArchive(pathOfArchive(address)) }
    return await last.archive
  }
  return {
    find: async (address, options) => (isArchiveAddress(address) ? hostOf(address, await opened(address)) : await hosts.find(address, options)),
    beginSignIn: async (host) => await hosts.beginSignIn(host),
    open: async (host, signIn) => (isArchiveAddress(host.address) ? accountOf(host.address, await opened(host.address)) : await hosts.open(host, signIn)),
  }
}

const hostOf = (address: string, { version }: Archive): Host => ({ address, version, isArchive: true })

function accountOf(address: string, archive: Archive): Account {
  const [calendars, addressBooks] = [archiveCalendars(archive), archiveAddressBooks(archive)]
  return {
    remote: remoteOf(archive),
    files: archiveFiles(archive),
    displayName: archive.account.displayName,
    instead: {
      favourites: async () => await archiveFavourites(archive),
      calendars,
      addressBooks,
      unread: async (kind) => (kind === 'calendars' ? await calendars.unread() : kind === 'contacts' ? await addressBooks.unread() : []),
      tags: archiveTags(archive),
      comments: archiveComments(archive),
      profile: archiveProfile(archive),
      language: async () => await archiveLanguage(archive),
    },
    identity: address,
    apps: async () => await Promise.resolve([]),
    signOut: async () => await Promise.resolve(),
  }
}

/** Names the archive, for names of files that are kept beside others: by the host that it comes from, where that is known. */
function remoteOf({ account, version, manifest }: Archive): Remote {
  return {
    base: `archive://${manifest === undefined ? 'archive' : hostIn(manifest.head.source.address)}`,
    uid: account.uid,
    facts: { version, major: Number.parseInt(version, 10) || 0, capabilities: {} },
    send: () => {
      throw new ChatonError('bug', 'an archive answers no requests')
    },
  }
}

const hostIn = (address: string): string => (URL.canParse(address) && /^[\w.-]+$/.test(new URL(address).hostname) ? new URL(address).hostname : 'archive')
