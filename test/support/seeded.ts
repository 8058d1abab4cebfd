export interface Seeded {
  readonly seed: number
  /** From 0, below 1. */
  next(): number
}

/** Numbers that look random and are the same for the same seed (mulberry32). `CHATON_TEST_SEED` repeats a run; whoever uses it prints the seed. */
export function seeded(seed = Number(process.env['CHATON_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))): Seeded {
  let state = seed >>> 0
  return {
    seed,
    next() {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    },
  }
}
