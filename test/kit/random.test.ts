import { describe, expect, it } from 'vitest'
import { randomName, randomWord, uuid } from '../../src/kit/random.ts'

describe('random', () => {
  it('makes words without letters that are easily confused, each time another', () => {
    const words = Array.from({ length: 200 }, () => randomWord())

    expect(new Set(words).size).toBe(200)
    for (const word of words) expect(word).toMatch(/^[A-HJ-NP-Za-km-z2-9]{24}$/)
    expect(randomWord(8)).toHaveLength(8)
  })

  it('makes names that begin with a letter, as Nextcloud wants an instance id', () => {
    const names = Array.from({ length: 200 }, () => randomName())

    expect(new Set(names).size).toBe(200)
    for (const name of names) expect(name).toMatch(/^o[0-9a-f]{11}$/)
  })

  it('makes UUIDs', () => {
    expect(uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })
})
