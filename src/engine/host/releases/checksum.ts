import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ChatonError } from '../../../kit/errors.ts'
import { readTextIfExists } from '../../../kit/files.ts'

const sha512 = /^[0-9a-f]{128}$/i

/** The sum for `fileName` in the text of a `.sha512` file: lines "<hex>  <name>", or the sum alone. Pure. */
export function findSum(text: string, fileName: string): string | undefined {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '')
  for (const line of lines) {
    const [sum = '', name = ''] = line.split(/\s+\*?/)
    if (sha512.test(sum) && (name === fileName || (name === '' && lines.length === 1))) return sum.toLowerCase()
  }
  return undefined
}

/** Throws `bad-input` unless the file has this SHA-512. */
export async function verifySum(file: string, expected: string): Promise<void> {
  if (!sha512.test(expected)) throw new ChatonError('bad-input', `--sha512: "${expected}" is not a SHA-512 sum; expected 128 hexadecimal digits`)
  const hash = createHash('sha512')
  await pipeline(createReadStream(file), hash)
  const actual = hash.digest('hex')
  if (actual === expected.toLowerCase()) return
  throw new ChatonError('bad-input', `${basename(file)} is not the published file: its SHA-512 is ${actual}, expected ${expected.toLowerCase()}`, {
    next: ['fetch the file again; if it differs again, do not use it'],
  })
}

/** The sum in `<file>.sha512`, if there is such a file. Throws `bad-input` if it names other files only. */
export async function sumBeside(file: string): Promise<string | undefined> {
  const text = await readTextIfExists(`${file}.sha512`)
  if (text === undefined) return undefined
  const sum = findSum(text, basename(file))
  if (sum === undefined) throw new ChatonError('bad-input', `${file}.sha512 has no SHA-512 sum for ${basename(file)}`)
  return sum
}
