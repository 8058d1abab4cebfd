import { expect, test } from 'vitest'
import { dateIn, sizeIn, tidy, typography } from '../../src/kit/format.ts'

test.each([
  [40e9, '40 Go', '40 GB'],
  [1.5e9, '1,5 Go', '1.5 GB'],
  [999.96e6, '1 Go', '1 GB'],
  [2_500_000e6, '2,5 To', '2.5 TB'],
  [512_000, '512 ko', '512 kB'],
  [50e6, '50 Mo', '50 MB'],
  [999, '999 o', '999 B'],
  [0, '0 o', '0 B'],
])('%d bytes are %s and %s', (bytes, french, english) => {
  expect(sizeIn('fr', bytes)).toBe(french)
  expect(sizeIn('en', bytes)).toBe(english)
})

test('dates are written out', () => {
  const date = new Date('2026-03-01T23:30:00Z')
  expect(dateIn('fr', date)).toBe('1 mars 2026')
  expect(dateIn('en', date)).toBe('1 March 2026')
})

test('French spaces do not break', () => {
  expect(typography('fr', 'Prêt ? « oui » : 90 % !')).toBe('Prêt\u00A0? «\u00A0oui\u00A0»\u00A0: 90\u00A0%\u00A0!')
  expect(typography('en', 'a : b')).toBe('a : b')
})

test('tidy keeps one line', () => {
  expect(tidy(' a\r\n\tb\u0000\u2028c ')).toBe('a b c')
})
