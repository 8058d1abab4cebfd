import { describe, expect, test } from 'vitest'
import { judgeClaim } from '../../src/spaces/claim.ts'
import { aSpace } from '../support/builders.ts'

describe('what a manifest means beside what is stored', () => {
  test('a new name is created', () => {
    expect(judgeClaim(aSpace(), undefined, [])).toEqual({ action: 'create' })
  })

  test('the same manifest again keeps the space', () => {
    expect(judgeClaim(aSpace(), aSpace(), ['jardin-partage'])).toEqual({ action: 'keep' })
  })

  test('a changed spec names the fields that change', () => {
    const claim = judgeClaim(aSpace({ spec: { plan: 'tiny', title: 'Le jardin' } }), aSpace(), ['jardin-partage'])

    expect(claim).toEqual({ action: 'change', fields: ['title', 'plan'] })
  })

  test("somebody else's name is refused, with free names and nothing of the other's address", () => {
    const other = aSpace({ spec: { owner: { name: 'Autre', email: 'autre@ailleurs.example', locale: 'fr' } } })

    const refuse = (): unknown => judgeClaim(aSpace({ spec: { title: 'Jardin des Lilas' } }), other, ['jardin-partage', 'jardin-partage-2'])

    expect(refuse).toThrow(expect.objectContaining({ code: 'conflict', data: { slug: 'jardin-partage', suggestions: ['jardin-des-lilas', 'jardin-partage-3', 'collectif-jardin-partage'] } }))
    expect(refuse).not.toThrow(/autre@/)
  })

  test("the owner's address is compared without regard to case", () => {
    const stored = aSpace({ spec: { owner: { name: 'Camille Martin', email: 'Camille@Jardin.example', locale: 'fr' } } })

    expect(judgeClaim(aSpace(), stored, ['jardin-partage'])).toEqual({ action: 'change', fields: ['owner'] })
  })

  test('a live space is not moved to another release; the one it runs may be named', () => {
    const live = aSpace({ status: { phase: 'Ready', conditions: [], release: '32.0.1' } })

    expect(() => judgeClaim(aSpace({ spec: { release: '34.0.1' } }), live, [])).toThrow(expect.objectContaining({ code: 'bad-input', message: expect.stringContaining('runs Nextcloud 32.0.1') }))
    expect(judgeClaim(aSpace({ spec: { release: '32.0.1' } }), live, [])).toEqual({ action: 'change', fields: ['release'] })
  })

  test('a space that a restore has half made is left to that restore', () => {
    const restore = { from: '/backups/one', uid: 'u', createdAt: '2026-11-24T04:30:00Z' }
    const half = aSpace({ status: { phase: 'Provisioning', conditions: [], restore } })

    expect(() => judgeClaim(aSpace(), half, ['jardin-partage'])).toThrow(
      expect.objectContaining({ code: 'conflict', next: [expect.stringContaining('chaton space restore /backups/one --as jardin-partage'), expect.stringContaining('delete')] }),
    )
  })

  test('a space that is being deleted is not taken over', () => {
    const deleting = aSpace({ status: { phase: 'Deleting', conditions: [] } })

    expect(() => judgeClaim(aSpace(), deleting, ['jardin-partage'])).toThrow(expect.objectContaining({ code: 'conflict' }))
  })
})
