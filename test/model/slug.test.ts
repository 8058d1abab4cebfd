import { assert, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeSlug, reservedSlugs, Slug, suggestSlug } from '../../src/model/slug.ts'

describe('judgeSlug', () => {
  it.each(['jardin-partage', 'a', '0', '123', 'a--b', 'abc--d', 'x'.repeat(63), 'a-b-c'])('takes %j', (slug) => {
    expect(judgeSlug(slug)).toEqual({ ok: true })
  })

  it.each([
    ['Jardin Partagé', 'jardin-partage'],
    ['JARDIN', 'jardin'],
    ['été-à-la-plage', 'ete-a-la-plage'],
    ['xn--jardin', 'xn-jardin'],
    ['ab--cd', 'ab-cd'],
    ['-jardin-', 'jardin'],
    ['jardin.partage', 'jardin-partage'],
    ['jardin_partage', 'jardin-partage'],
    ['L’Œuvre & Cie', 'l-oeuvre-cie'],
    ['Straße', 'strasse'],
    ['сад', 'sad'],
    ['x'.repeat(64), 'x'.repeat(63)],
    [`${'x'.repeat(62)} et plus`, 'x'.repeat(62)],
    ['Admin', 'collectif-admin'],
    ['a\nb', 'a-b'],
    ['jardin\0', 'jardin'],
    ['jardin\n', 'jardin'],
  ])('refuses %j and suggests %j', (slug, suggestion) => {
    const verdict = judgeSlug(slug)

    expect(verdict).toMatchObject({ ok: false, suggestion })
    expect(judgeSlug(suggestion)).toEqual({ ok: true })
  })

  it.each(['', '---', '🐱', '!'])('refuses %j, for which nothing can be suggested', (slug) => {
    expect(judgeSlug(slug)).toMatchObject({ ok: false, suggestion: undefined })
  })

  it('refuses every reserved name and suggests one that is free', () => {
    expect(reservedSlugs.size).toBeGreaterThan(50)
    for (const slug of reservedSlugs) {
      expect(judgeSlug(slug)).toEqual({ ok: false, reason: `"${slug}" is a reserved name`, suggestion: `collectif-${slug}` })
      expect(judgeSlug(`collectif-${slug}`)).toEqual({ ok: true })
    }
  })

  it.each(['www', 'mail', 'admin', 'golden', 'autodiscover', 'localhost'])('reserves %j', (slug) => {
    expect(reservedSlugs.has(slug)).toBe(true)
  })

  it('suggests only what it takes itself, for any text', () => {
    const good = property(string({ unit: 'grapheme', maxLength: 100 }), (text) => {
      const suggestion = suggestSlug(text)
      return suggestion === undefined || judgeSlug(suggestion).ok
    })

    expect(() => assert(good, { numRuns: 1000 })).not.toThrow()
  })

  it('is of one mind with itself: what it takes, it suggests unchanged', () => {
    for (const slug of ['jardin-partage', 'a', '123', 'x'.repeat(63)]) expect(suggestSlug(slug)).toBe(slug)
  })
})

describe('Slug', () => {
  it('says reason and suggestion in its message', () => {
    expect(Slug.safeParse('Jardin').error?.issues[0]?.message).toBe(
      '"Jardin" cannot be a sub-domain: use 1 to 63 lower-case letters a-z, digits and hyphens; for example "jardin"',
    )
    expect(Slug.safeParse('🐱').error?.issues[0]?.message).not.toContain('for example')
  })
})
