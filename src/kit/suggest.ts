import { distance } from 'fastest-levenshtein'

/** The nearest known word, if it is near enough to be a slip of the pen. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let fewest = Infinity
  for (const candidate of known) {
    const slips = distance(word.toLowerCase(), candidate.toLowerCase())
    if (slips >= fewest || slips > allowedSlips(candidate)) continue
    best = candidate
    fewest = slips
  }
  return best
}

const allowedSlips = (word: string): number => (word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3)))
