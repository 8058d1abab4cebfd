import { randomBytes, randomInt, randomUUID } from 'node:crypto'

const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789'

export const uuid = (): string => randomUUID()

/** A random word from letters and digits that are hard to confuse; 24 characters carry 138 bits. */
export function randomWord(length = 24): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}

/** Lower-case letters and digits only, starting with a letter: for names that servers restrict. */
export function randomName(length = 12): string {
  const hex = randomBytes(length).toString('hex')
  return `o${hex}`.slice(0, length)
}
