import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parseManifest } from '../../src/model/manifest.ts'
import { Plan } from '../../src/model/plan.ts'
import { bytesOf, Size } from '../../src/model/size.ts'

const fixtures = join(import.meta.dirname, '../../fixtures')

async function fixture(name: string): Promise<Plan> {
  const [plan] = parseManifest(await readFile(join(fixtures, 'plans', `${name}.yaml`), 'utf8'), name)
  return Plan.parse(plan)
}

describe('the plans that a hoster starts from', () => {
  it('are these, each in a file of its name', async () => {
    const files = (await readdir(join(fixtures, 'plans'))).sort()

    expect(files).toEqual(['collective-50.yaml', 'collective.yaml', 'person-5.yaml', 'tiny.yaml'])
    for (const file of files) expect((await fixture(file.replace('.yaml', ''))).metadata.name).toBe(file.replace('.yaml', ''))
  })

  it.each([
    ['collective', { bytes: 40e9, accounts: 50, office: ['collabora', 'onlyoffice'], price: undefined }],
    ['collective-50', { bytes: 50e9, accounts: 50, office: ['collabora', 'onlyoffice'], price: undefined }],
    ['tiny', { bytes: 50e6, accounts: 5, office: [], price: undefined }],
    ['person-5', { bytes: 5e9, accounts: 1, office: [], price: { amount: 2.5, currency: 'EUR', per: 'month' } }],
  ])('%s has its values', async (name, expected) => {
    const { spec } = await fixture(name)

    expect({ bytes: bytesOf(spec.storage), accounts: spec.accounts, office: spec.office, price: spec.price }).toEqual(expected)
    expect(spec.pool.overCommitment).toBe(1)
    expect(spec.title.fr).not.toBe('')
    expect(bytesOf(spec.php.uploadMax)).toBeLessThanOrEqual(bytesOf(spec.storage))
    expect(bytesOf(spec.php.memory)).toBe(512 * 2 ** 20)
  })
})

describe('Plan', () => {
  const spec = { title: { fr: 'x', en: 'x' }, storage: '40 GB', accounts: 5 }

  it.each([
    ['storage: a number', { storage: 40 }, 'expected a size with a unit such as "40 GB", got 40'],
    ['storage: no unit', { storage: '40' }, '"40" has no unit; write "40 GB" (or MB, TB, MiB, GiB, TiB)'],
    ['storage: nothing', { storage: '0 GB' }, '"0 GB" is nothing; write a size above 0'],
    ['accounts: none', { accounts: 0 }, 'Too small'],
    ['accounts: half', { accounts: 1.5 }, 'expected int'],
    ['office: unknown', { office: ['word'] }, 'collabora'],
    ['apps: a path', { apps: { enable: ['../evil'] } }, 'the id of an app'],
    ['price: free of charge', { price: { amount: 0, currency: 'EUR', per: 'month' } }, 'Too small'],
    ['price: a symbol', { price: { amount: 2, currency: '€', per: 'month' } }, 'an ISO 4217 code such as EUR'],
    ['title: one language', { title: { fr: 'x' } }, 'expected string'],
    ['pool: below one', { pool: { overCommitment: 0.5 } }, 'Too small'],
  ])('refuses %s', (_, change, message) => {
    const parsed = Plan.safeParse({ apiVersion: 'chaton.hosting/v1alpha1', kind: 'Plan', metadata: { name: 'x' }, spec: { ...spec, ...change } })

    expect(parsed.error?.issues.map((issue) => issue.message).join()).toContain(message)
  })

  it('fills in what may be left out', () => {
    const plan = Plan.parse({ apiVersion: 'chaton.hosting/v1alpha1', kind: 'Plan', metadata: { name: 'x' }, spec })

    expect(plan.spec).toMatchObject({ office: [], apps: { enable: [], disable: [], hide: [] }, php: { workers: 6 }, pool: { overCommitment: 1 } })
  })
})

describe('Size', () => {
  it.each(['40 GB', '1,5 gib', '512MiB', '3 g', '10 B', '40 octets', '', 'GB', '-1 GB', '1e3 GB'])('has a JSON Schema of one mind with it on %j', (text) => {
    const { pattern } = z.toJSONSchema(Size, { io: 'input' })

    expect(new RegExp(pattern ?? 'none').test(text)).toBe(Size.safeParse(text).success)
  })

  it('keeps the text as it was written', () => {
    expect(Size.parse('1.5 GiB')).toBe('1.5 GiB')
    expect(bytesOf('1.5 GiB')).toBe(1.5 * 2 ** 30)
    expect(() => bytesOf('40')).toThrow(RangeError)
  })
})
