import { describe, expect, it } from 'vitest'
import { nearest } from '../../src/kit/suggest.ts'

describe('nearest', () => {
  const known = ['storage', 'accounts', 'office', 'price', 'fr', 'en', 'plan']

  it.each([
    ['storge', 'storage'],
    ['STORAGE', 'storage'],
    ['acounts', 'accounts'],
    ['plna', 'plan'],
    ['offices', 'office'],
    ['frr', 'fr'],
  ])('takes %j for %j', (word, expected) => {
    expect(nearest(word, known)).toBe(expected)
  })

  it.each(['colour', 'xy', '', 'de'])('finds nothing near %j', (word) => {
    expect(nearest(word, ['storage', 'fr', 'price'])).toBeUndefined()
  })

  it('finds nothing among nothing', () => {
    expect(nearest('storage', [])).toBeUndefined()
  })
})
