import { z } from 'zod'
import { entryNames, favouriteTag } from '../layout.ts'
import type { Archive } from './archive.ts'

/** `{"/path": ["tag", …]}`; PHP writes `[]` for an empty one. */
const Tags = z.union([z.record(z.string(), z.array(z.string())), z.array(z.never()).transform((): Record<string, string[]> => ({}))])

/** Paths of all favourites. */
export async function archiveFavourites(archive: Archive): Promise<string[]> {
  const tags = (await archive.json(entryNames.tags, Tags)) ?? {}
  return Object.entries(tags).flatMap(([path, names]) => (names.includes(favouriteTag) ? [path.replace(/^\/+|\/+$/g, '').normalize('NFC')] : [])).filter((path) => path !== '')
}
