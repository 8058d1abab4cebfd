/** Major number of a release such as `32.0.1`. */
export const majorOf = (release: string): number => Number(release.split('.')[0])

/**
 * What a release does, out of a table by the major release from which it is so. The numbers are those of the oldest
 * release on which it was seen (28.0.2, 29.0.1, 32.0.1, 34.0.1), unless Nextcloud's notes name an earlier one; a release
 * between two of them may do as either.
 */
export function since<T>(major: number, table: Readonly<Record<number, T>>): T {
  const from = Object.keys(table).map(Number).filter((known) => known <= major)
  if (from.length === 0) throw new Error(`the table says nothing of release ${major}`)
  return table[Math.max(...from)] as T
}
