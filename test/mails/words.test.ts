import { expect, test } from 'vitest'
import { say } from '../../src/mails/words.ts'

const words = { x: { plain: 'a {one} b', counted: { one: '{count} jour', other: '{count} jours' } } }

test('a sentence must be known, with exactly the values it has places for', () => {
  expect(say(words, 'fr', 'x.plain', { one: '{two}' })).toBe('a {two} b')
  expect(() => say(words, 'fr', 'x.gone', {})).toThrow(/no sentence "x\.gone"/)
  expect(() => say(words, 'fr', 'x.plain', {})).toThrow(/needs a value for \{one\}/)
  expect(() => say(words, 'fr', 'x.plain', { one: 1, two: 2 })).toThrow(/no place for: two/)
  expect(() => say(words, 'fr', 'x.counted', {})).toThrow(/"count"/)
})

test('zero is singular in French and plural in English', () => {
  expect(say(words, 'fr', 'x.counted', { count: 0 })).toBe('0 jour')
  expect(say(words, 'en', 'x.counted', { count: 0 })).toBe('0 jours')
  expect(say(words, 'fr', 'x.counted', { count: 2_000_000 })).toBe('2000000 jours')
})
