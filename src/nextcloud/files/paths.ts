import { ChatonError } from '../../kit/errors.ts'

/** Encoded address of a path of the account, from the server's base. `area`: `files`, `uploads`… */
export function addressOf(uid: string, path: string, area = 'files'): string {
  const names = path.split('/').filter((name) => name !== '')
  return ['/remote.php/dav', area, ...[uid, ...names].map((name) => encodeURIComponent(name))].join('/')
}

/**
 * Names below the account's folder in an `href`: any host and path prefix, decoded, NFC. Throws `remote-failed` for an address
 * of something else and for names that cannot be (`..`, a slash or a zero byte inside).
 */
export function namesInHref(href: string): string[] {
  const encoded = href.replace(/^[a-z]+:\/\/[^/]*/i, '').split('/').filter((part) => part !== '')
  const start = encoded.indexOf('remote.php')
  const names = encoded.slice(start + 4).map((part) => decode(part).normalize('NFC'))
  if (start < 0 || encoded[start + 1] !== 'dav' || !names.every((name) => possible(name))) throw impossible(href)
  return names
}

const possible = (name: string): boolean => name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name)

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw impossible(part)
  }
}

const impossible = (what: string): ChatonError => new ChatonError('remote-failed', `the server listed "${what}", which is not the address of a file`)

/** The last name of a path. */
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
