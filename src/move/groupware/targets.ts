import type { Listing, Realm, Shelf } from './realm.ts'

/** Where a calendar or address book goes. `join`: into one that is there already. */
export interface Target {
  readonly uri: string
  readonly how: 'make' | 'join'
}

/** The first rule that fits decides. `used`: where others of this move go. Pure. */
export function targetFor<Settings>(
  source: Shelf<Settings>,
  { realm, there, used }: { readonly realm: Pick<Realm<Settings>, 'main' | 'fits'>; readonly there: Listing<Settings>; readonly used: ReadonlySet<string> },
): Target {
  const twin = there.shelves.find(({ uri }) => uri === source.uri)
  const free = (uri: string): boolean => !there.taken.has(uri) && !used.has(uri)
  const joins = twin !== undefined && twin.holds && source.holds && !used.has(twin.uri)
  if (joins && source.uri === realm.main) return { uri: twin.uri, how: 'join' }
  if (joins && realm.fits(source, twin)) return { uri: twin.uri, how: 'join' }
  const follows = source.holds ? undefined : there.shelves.find((shelf) => !shelf.holds && !used.has(shelf.uri) && realm.fits(source, shelf))
  if (follows !== undefined) return { uri: follows.uri, how: 'join' }
  for (let number = 1; ; number++) {
    const uri = number === 1 ? source.uri : `${source.uri}-${number}`
    if (free(uri)) return { uri, how: 'make' }
  }
}

/** Whether it is as the server made it: its name, and nothing in it. Pure. */
export const isFresh = <Settings>(shelf: Shelf<Settings>, { main, mainTitles }: Pick<Realm<Settings>, 'main' | 'mainTitles'>, objects: number): boolean =>
  shelf.uri === main && objects === 0 && mainTitles.includes(shelf.title)
