/** A path of Nextcloud has up to 4,000 characters (oc_filecache). */
const mostBytes = 16_384

/** For people: what cannot be seen is shown as an escape. */
export const shown = (name: string): string => JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name)

/** The name of an entry as text; undefined where its bytes are no UTF-8. Pure. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/**
 * Why an entry of this name is not to be trusted; undefined for a good one. Names of Nextcloud are relative paths, with `/` between folders
 * and at the end of a folder; anything else is a mistake or meant to write elsewhere. Pure.
 */
export function suspicion(name: string): string | undefined {
  if (name === '') return 'an entry without a name'
  if (Buffer.byteLength(name) > mostBytes) return `the name ${shown(name)} is longer than ${mostBytes} bytes`
  if (name.includes('\0')) return `the name ${shown(name)} has a NUL in it`
  if (name.includes('\\')) return `the name ${shown(name)} has a backslash in it`
  if (name.startsWith('/')) return `the name ${shown(name)} is an absolute path`
  if (/^[A-Za-z]:/.test(name)) return `the name ${shown(name)} begins with a drive letter`
  const parts = (name.endsWith('/') ? name.slice(0, -1) : name).split('/')
  if (parts.includes('..')) return `the name ${shown(name)} leads out of the archive`
  if (parts.includes('.') || parts.includes('')) return `the name ${shown(name)} has an empty part, or "." as one`
  return undefined
}
