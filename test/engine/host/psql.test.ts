import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { identifier, literal, parseRows } from '../../../src/engine/host/databases/psql.ts'
import { scramVerifier } from '../../../src/engine/host/databases/scram.ts'

describe('SQL text', () => {
  it('quotes names and values', () => {
    expect(identifier('a"b')).toBe('"a""b"')
    expect(literal("l'eau")).toBe("'l''eau'")
    expect(literal(String.raw`a\b`)).toBe(String.raw` E'a\\b'`)
    expect(literal(12)).toBe('12')
  })

  it('refuses NUL', () => {
    expect(() => literal('a\0b')).toThrow(/NUL/)
  })
})

describe('rows of psql --csv', () => {
  it('reads quotes, line ends inside values, and null', () => {
    expect(parseRows('a,"b ""c""\nd",\u001D\n,\n')).toEqual([['a', 'b "c"\nd', null], ['', '']])
  })

  it('reads back whatever was written', () => {
    const row = fc.array(fc.string(), { minLength: 1, maxLength: 4 }).filter((fields) => fields.length > 1 || fields[0] !== '')
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const text = rows.map((fields) => `${fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',')}\n`).join('')
        expect(parseRows(text)).toEqual(rows)
      }),
    )
  })
})

describe('SCRAM verifier', () => {
  it('matches the exchange of RFC 7677, section 3', () => {
    const verifier = scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'))

    expect(verifier).toBe(
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    )
  })
})
