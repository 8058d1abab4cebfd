import { assert, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLogger } from '../../src/kit/log.ts'
import { mask, registerSecret } from '../../src/kit/mask.ts'

const secret = registerSecret('Tr0ub4dor&3/é+"quoted"\\')

describe('mask', () => {
  it.each([
    ['as it is', secret],
    ['in a URL', encodeURIComponent(secret)],
    ['in a URL with lower-case escapes', encodeURIComponent(secret).replaceAll(/%../g, (escape) => escape.toLowerCase())],
    ['in a form body', new URLSearchParams({ password: secret }).toString().slice('password='.length)],
    ['in JSON', JSON.stringify(secret).slice(1, -1)],
    ['in JSON of PHP', String.raw`Tr0ub4dor&3\/\u00e9+\"quoted\"\\`],
    ['in HTML', 'Tr0ub4dor&amp;3/é+&quot;quoted&quot;\\'],
    ['in hexadecimal', Buffer.from(secret).toString('hex')],
    ['in capital hexadecimal', Buffer.from(secret).toString('hex').toUpperCase()],
    ['in base64', Buffer.from(secret).toString('base64').replace(/=+$/, '')],
    ['in base64 for URLs', Buffer.from(secret).toString('base64url')],
  ])('hides a secret %s', (_, form) => {
    expect(mask(`before ${form} after`)).toMatch(/^before •••.? after$/)
  })

  it.each([0, 1, 2, 3, 4, 5])('hides base64 of a secret that stands at byte %i of a text', (shift) => {
    for (const end of ['', 'x', 'xy', 'xyz']) {
      const before = 'abcdef'.slice(0, shift)
      const encoded = Buffer.from(`${before}${secret}${end}`).toString('base64')
      const inner = Buffer.from(secret.slice(1, -1)).toString('base64')
      const masked = mask(encoded)

      expect(masked).toContain('•••')
      expect(masked.length).toBeLessThan(encoded.length - inner.length + 12)
      expect(Buffer.from(masked.replaceAll('•••', ''), 'base64').toString()).not.toContain('ub4dor')
    }
  })

  it('hides every occurrence, the longer of two secrets first, and leaves the rest', () => {
    registerSecret('longer-secret')
    registerSecret('longer-secret-still')

    expect(mask('a longer-secret-still, a longer-secret, longer-secre')).toBe('a •••, a •••, longer-secre')
  })

  it('refuses a secret so short that it would hide ordinary text, without showing it', () => {
    expect(() => registerSecret('12345')).toThrow('a secret needs at least 6 characters')
  })

  it('takes characters that mean something in patterns as they are', () => {
    registerSecret('.*.*.*(+)[a-z]$')

    expect(mask('.*.*.*(+)[a-z]$ and abcdefabcdef')).toBe('••• and abcdefabcdef')
  })

  it('never shows a registered secret in any text around it', () => {
    const hidden = property(string({ minLength: 6, unit: 'grapheme' }), string(), string(), (word, before, after) => {
      registerSecret(word)
      return [word, encodeURIComponent(word), Buffer.from(word).toString('hex')].every(
        (form) => mask(`${before}${form}${after}`).includes('•••') && !mask(form).includes(form),
      )
    })

    expect(() => assert(hidden, { numRuns: 300 })).not.toThrow()
  })

  it('stays quick with the secrets of a thousand spaces', () => {
    for (let number = 0; number < 5000; number++) registerSecret(`database-password-${number}-of-a-space`)
    const line = `${'an ordinary line of a log, '.repeat(40)} database-password-4999-of-a-space`
    const started = performance.now()
    for (let count = 0; count < 100; count++) expect(mask(line)).toMatch(/ •••$/)

    expect(performance.now() - started).toBeLessThan(1000)
  })
})

describe('log', () => {
  it('masks messages, fields and errors', () => {
    const lines: string[] = []
    const log = createLogger('info', (line) => lines.push(line))
    log.error({ token: secret, error: new Error(`sign-in with ${secret} refused`).message }, 'sign-in failed')
    log.debug({ token: secret }, 'not at this level')

    expect(lines).toHaveLength(1)
    expect(lines[0]).not.toContain('Tr0ub4dor')
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ msg: 'sign-in failed', token: '•••', error: 'sign-in with ••• refused' })
  })
})
