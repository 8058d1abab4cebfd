import { invalidPath } from '../reply.ts'

/** Nextcloud's rules for the name of a new file or directory. Throws 400. */
export function checkName(name: string): void {
  if (name.trim() === '') throw invalidPath('Filename must not be empty.')
  if (Buffer.byteLength(name) > 250) throw invalidPath('Filename is too long.')
  if (name.toLowerCase() === '.htaccess') throw invalidPath('Filename is a reserved word')
  if (name.includes('\\')) throw invalidPath('"\\" is not allowed inside a file or folder name.')
  if (/\p{Cc}/u.test(name)) throw invalidPath('Filename contains at least one invalid character.')
  if (/\.(part|filepart)$/i.test(name)) throw invalidPath(`Filenames must not end with "${/\.(part|filepart)$/i.exec(name)?.[0] ?? ''}".`)
}

const types: Readonly<Record<string, string>> = {
  txt: 'text/plain', md: 'text/markdown', csv: 'text/csv', html: 'text/html', css: 'text/css', js: 'application/javascript', json: 'application/json',
  xml: 'application/xml', pdf: 'application/pdf', zip: 'application/zip', png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg', gif: 'image/gif',
  svg: 'image/svg+xml', webp: 'image/webp', mp3: 'audio/mpeg', ogg: 'audio/ogg', mp4: 'video/mp4', webm: 'video/webm',
  odt: 'application/vnd.oasis.opendocument.text', ods: 'application/vnd.oasis.opendocument.spreadsheet', odp: 'application/vnd.oasis.opendocument.presentation',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
}

export const mimeType = (name: string): string => types[name.split('.').at(-1)?.toLowerCase() ?? ''] ?? 'application/octet-stream'

/** As sabre/dav encodes a path: letters, digits and `_-.~()` stay, the rest in lower-case hexadecimal. */
export const encodeName = (name: string): string =>
  encodeURIComponent(name)
    .replaceAll(/[!'*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)
    .replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())

export const hrefOf = (parts: readonly string[], directory: boolean): string => `/${parts.map(encodeName).join('/')}${directory ? '/' : ''}`
