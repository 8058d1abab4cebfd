import { createHash } from 'node:crypto'

/** Paths as in RemoteEntry: relative to the account's root, without leading or trailing slash; `''` is the root. */
export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
export const join = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`)
export const isBelow = (path: string, folder: string): boolean => folder === '' || path.startsWith(`${folder}/`)

/** For a second thing under one path: no name has a line break (FilenameValidator.php). */
export const otherKey = (path: string, id: string): string => `${path}\n[${id}]`
export const pathIn = (key: string): string => key.split('\n', 1)[0] ?? key

/** All folders above a path, the nearest first, without the root. */
export function foldersAbove(path: string): string[] {
  const above: string[] = []
  for (let folder = parentOf(path); folder !== ''; folder = parentOf(folder)) above.push(folder)
  return above
}

/** The deepest folder that holds all of these paths. */
export function commonFolder(paths: readonly string[]): string {
  let folder = parentOf(paths[0] ?? '')
  for (const path of paths) while (!isBelow(path, folder)) folder = parentOf(folder)
  return folder
}

/** Answers why a name is refused, or undefined for a good one. */
export type Refuses = (name: string) => string | undefined

/** FilenameValidator.php and the width of a name on common disks. */
const mostBytes = 250

/** The nearest name that the server takes, the same one for the same name; undefined if it takes none of those tried. Pure. */
export function acceptableName(name: string, refuses: Refuses): string | undefined {
  for (const candidate of candidates(name, refuses)) if (refuses(candidate) === undefined) return candidate
  return undefined
}

function* candidates(name: string, refuses: Refuses): Generator<string> {
  yield name
  const clean = replaced(name, refuses)
  yield clean
  const trimmed = clean.replace(/^\s+/, '').replace(/[\s.]+$/, '')
  yield trimmed
  const short = fit(trimmed, mostBytes)
  yield short
  yield fit(`_${short}`, mostBytes)
  yield fit(short, mostBytes - 1) + '_'
  const { stem, ending } = split(short)
  yield fit(`${stem}_${ending}`, mostBytes)
  yield fit(`_${short.replaceAll('.', '_')}`, mostBytes)
  yield `file-${createHash('sha256').update(name).digest('hex').slice(0, 12)}`
}

/** Each character that the server refuses even between two letters becomes a low line. */
function replaced(name: string, refuses: Refuses): string {
  // oxlint-disable-next-line no-control-regex
  return Array.from(name, (character) => (/[\u0000-\u001f\u007f/\\]/.test(character) || refuses(`a${character}a`) !== undefined ? '_' : character)).join('')
}

/** Ending with its dot; a dot at the beginning makes no ending, nor does a dot with a sentence after it. */
function split(name: string): { stem: string; ending: string } {
  const dot = name.lastIndexOf('.')
  const ending = dot > 0 && name.length - dot <= 16 ? name.slice(dot) : ''
  return { stem: name.slice(0, name.length - ending.length), ending }
}

/** Cut to so many bytes of UTF-8 between two characters; the ending stays. */
function fit(name: string, bytes: number): string {
  const { stem, ending } = split(name)
  let length = Buffer.byteLength(stem)
  const room = Math.max(1, bytes - Buffer.byteLength(ending))
  const characters = Array.from(stem)
  while (length > room) length -= Buffer.byteLength(characters.pop() ?? '')
  return characters.join('') + ending
}

export interface Beside {
  /** Host that the file comes from, without port. */
  readonly host: string
  /** 1 and up: the first that is free is taken. */
  readonly turn: number
}

/** The name beside one that is taken: `plan (from old.example).odt`, then `plan (from old.example 2).odt`. Pure. */
export function besideName(name: string, { host, turn }: Beside): string {
  const { stem, ending } = split(name)
  const mark = ` (from ${host.replaceAll(/[^\w.-]+/g, '-')}${turn > 1 ? ` ${turn}` : ''})${ending}`
  return fit(stem, mostBytes - Buffer.byteLength(mark)).replace(/[\s.]+$/, '') + mark
}
