import { describe, expect, test } from 'vitest'
import { targetOf } from '../../src/spaces/desired.ts'
import { aPlan, aSpace } from '../support/builders.ts'

const config = { domain: 'chatons.example', releaseDefault: '' }
const releases = ['34.0.1', '32.0.1']

describe('what the engine is to make of a space', () => {
  test('plan and defaults are filled in', () => {
    const target = targetOf({ space: aSpace(), plan: aPlan(), config, releases })

    expect(target).toMatchObject({
      slug: 'jardin-partage',
      domain: 'jardin-partage.chatons.example',
      release: '34.0.1',
      poolBytes: 40_000_000_000,
      accountCap: 50,
      office: 'collabora',
      administrator: 'admin',
      php: { workers: 6, memoryBytes: 512 * 2 ** 20, uploadMaxBytes: 16_000_000_000 },
    })
  })

  test("the collective's own domain wins", () => {
    const target = targetOf({ space: aSpace({ spec: { domain: 'nuage.jardin.example' } }), plan: aPlan(), config, releases })

    expect(target.domain).toBe('nuage.jardin.example')
  })

  test.each([
    ['asked for', { spec: { release: '29.0.1' } }, '', '29.0.1'],
    ['running', { status: { phase: 'Ready' as const, conditions: [], release: '32.0.1' } }, '34.0.1', '32.0.1'],
    ["the hoster's default", {}, '32.0.1', '32.0.1'],
    ['the newest', {}, '', '34.0.1'],
  ])('release: %s', (_why, parts, releaseDefault, expected) => {
    expect(targetOf({ space: aSpace(parts), plan: aPlan(), config: { ...config, releaseDefault }, releases }).release).toBe(expected)
  })

  test('without any release it says how to get one', () => {
    expect(() => targetOf({ space: aSpace(), plan: aPlan(), config, releases: [] })).toThrow(
      expect.objectContaining({ code: 'machine-not-ready', next: expect.arrayContaining([expect.stringContaining('chaton release add')]) }),
    )
  })

  test('an office suite that the plan lacks is refused with those it has', () => {
    const plan = aPlan('tiny', { office: [] })

    expect(() => targetOf({ space: aSpace({ spec: { office: 'onlyoffice' } }), plan, config, releases })).toThrow(/"onlyoffice" is not part of the plan "tiny", which offers no office suite/)
  })
})
