import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { explainPsql, identifier, literal, parseRows } from '../../../src/engine/host/databases/psql.ts'
import { scramVerifier } from '../../../src/engine/host/databases/scram.ts'
import { ChatonError } from '../../../src/kit/errors.ts'

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

describe('why PostgreSQL cannot be spoken to', () => {
  const config = { databaseSocket: '/run/pg', databasePort: 5433, databaseAdmin: 'postgres' }
  const said = (line: string): ChatonError => explainPsql(new ChatonError('remote-failed', `psql -h /run/pg failed (exit 2):\npsql: error: connection to server on socket "/run/pg/.s.PGSQL.5433" failed: ${line}\n\tIs the server running?`), config)

  it.each([
    ['No such file or directory', /^PostgreSQL does not answer at \/run\/pg, port 5433 \(database\.socketDirectory, database\.port\): No such file or directory$/, /pg_lsclusters/, false],
    ['Permission denied', /^PostgreSQL does not answer at .*: Permission denied$/, /pg_lsclusters/, false],
    ['FATAL:  the database system is starting up', /^PostgreSQL does not answer at .*: the database system is starting up$/, /pg_lsclusters/, true],
    ['FATAL:  role "postgres" does not exist', /does not let the user "postgres" \(database\.adminUser\) in: role "postgres" does not exist$/, /set database\.adminUser/, false],
    ['FATAL:  Peer authentication failed for user "postgres"', /does not let the user "postgres"/, /set database\.adminUser/, false],
  ])('%s', (line, message, next, retryable) => {
    const { code, message: told, next: [first], retryable: again } = said(line)
    expect([code, told, first, again]).toEqual(['machine-not-ready', expect.stringMatching(message), expect.stringMatching(next), retryable])
  })

  it('leaves a failing query as it is', () => {
    const failing = new ChatonError('remote-failed', 'psql failed (exit 3):\npsql:<stdin>:4: ERROR:  42P01: relation "x" does not exist')
    expect(explainPsql(failing, config)).toBe(failing)
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
