/** Memory that is lent; what was made in it must not be used after it was given back. */
export interface Slab extends Disposable {
  /** Uninitialised. Of memory of its own where the slab has no room left. */
  readonly buffer: (bytes: number) => Buffer
}

interface Range {
  readonly from: number
  readonly to: number
}

/**
 * One piece of memory for contents that come and go: parts of it are lent, given back and lent again, so that nothing waits for the
 * garbage collector and nothing is left between pieces of all sizes. Whoever asks for more than is left waits; one that is larger than
 * all of it gets all of it.
 */
export class Slabs {
  readonly #memory: Buffer
  #lent: readonly Range[] = []
  #turn: Promise<unknown> = Promise.resolve()
  #givenBack = Promise.withResolvers<void>()

  /** `bytes`: of all. They count as used once something was written to them. */
  constructor(bytes: number) {
    this.#memory = Buffer.allocUnsafeSlow(bytes)
  }

  /** Those who wait are served in their order. */
  async take(bytes: number): Promise<Slab> {
    const wanted = Math.min(Math.max(1, bytes), this.#memory.length)
    const mine = this.#turn.then(async () => {
      let range = freeRange(this.#lent, { wanted, most: this.#memory.length })
      while (range === undefined) {
        await this.#givenBack.promise
        range = freeRange(this.#lent, { wanted, most: this.#memory.length })
      }
      this.#lent = [...this.#lent, range].toSorted((a, b) => a.from - b.from)
      return range
    })
    this.#turn = mine
    const range = await mine
    return slabOf(this.#memory.subarray(range.from, range.to), () => this.#giveBack(range))
  }

  #giveBack(range: Range): void {
    this.#lent = this.#lent.filter((one) => one !== range)
    const { resolve } = this.#givenBack
    this.#givenBack = Promise.withResolvers()
    resolve()
  }
}

/** The first gap that is large enough between the ranges that are lent, in their order. Pure. */
function freeRange(lent: readonly Range[], { wanted, most }: { readonly wanted: number; readonly most: number }): Range | undefined {
  let from = 0
  for (const range of [...lent, { from: most, to: most }]) {
    if (range.from - from >= wanted) return { from, to: from + wanted }
    from = Math.max(from, range.to)
  }
  return undefined
}

function slabOf(memory: Buffer, giveBack: () => void): Slab {
  let used = 0
  let lent = true
  return {
    buffer(bytes) {
      if (!lent || used + bytes > memory.length) return Buffer.allocUnsafeSlow(bytes)
      used += bytes
      return memory.subarray(used - bytes, used)
    },
    [Symbol.dispose]() {
      if (lent) giveBack()
      lent = false
    },
  }
}
