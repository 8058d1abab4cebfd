import type { App } from './hosts.ts'
import type { KindName, Refusal } from './kinds.ts'

/** Apps whose data is files, albums, calendars or contacts and goes with them, or that keep no data of the person. */
const carried = new Set([
  'dashboard', 'files', 'photos', 'calendar', 'contacts', 'tasks', 'notes', 'cookbook', 'text', 'whiteboard', 'richdocuments', 'onlyoffice', 'drawio', 'music', 'epubviewer', 'files_pdfviewer', 'external', 'appstore', 'recognize',
])

interface Reason {
  readonly reason: string
  readonly next?: string
}

const known: Readonly<Record<string, Reason>> = {
  spreed: { reason: 'conversations belong to the server they were held on: no account can take them along', next: 'files that were shared in conversations move with your files (folder "Talk"); note down what you need from the rest' },
  mail: { reason: 'passwords of mail accounts cannot be read', next: 'set up your mail accounts again in the Mail app of the new account; the mails themselves are with your mail provider' },
  deck: { reason: 'boards are not carried yet', next: 'in Deck, each board can be exported from its menu' },
  bookmarks: { reason: 'bookmarks are not carried yet', next: 'in Bookmarks, under Settings, export them as HTML here and import that file there' },
  forms: { reason: 'forms and their answers are not carried yet', next: 'export the answers of each form as a table' },
  tables: { reason: 'tables are not carried yet', next: 'export each table as CSV and import it there' },
  news: { reason: 'feeds are not carried yet', next: 'in News, under Settings, export your feeds as OPML here and import that file there' },
  activity: { reason: 'the history of activities belongs to the old server' },
  passwords: { reason: 'passwords kept in this app are encrypted for the old server', next: 'export them in the app, import that file there, then delete the file' },
  polls: { reason: 'polls and their votes are not carried', next: 'export each poll as a table' },
  collectives: { reason: 'collectives belong to a circle of people on the old server', next: 'their pages are files: copy the folder "Collectives" where you need it' },
}

/** Of the files themselves. */
const beside: readonly (Refusal & { readonly app: string; readonly kind: KindName })[] = [
  { kind: 'versions', app: 'files_versions', what: 'Old versions of files', reason: 'only the present content of a file is carried', next: 'fetch an old version that you still need from the old account' },
  { kind: 'trash', app: 'files_trashbin', what: 'Trash of the files', reason: 'deleted files are not carried', next: 'take out of the trash what you want to keep, before the move or before its last pass' },
]

/** What stays behind of the files, and data of the apps that a person has at the source, as far as nothing here carries it. Pure. */
export function notCarried(apps: readonly App[], kinds: readonly KindName[] = []): (Refusal & { readonly app: string })[] {
  const ofApps = apps
    .filter(({ id }) => !carried.has(id))
    .map(({ id, name }) => ({ app: id, what: name, ...(known[id] ?? { reason: 'this program does not know whether the app keeps data of yours, and carries none', next: 'look in the app for a way to export it' }) }))
  const left = beside.filter(({ kind }) => !kinds.includes(kind)).map(({ kind: _kind, ...refusal }) => refusal)
  return [...left, ...ofApps]
}
