import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseManifest } from '../../src/model/manifest.ts'
import { uniqueKeys } from '../../src/model/resources.ts'
import { thrownBy } from '../support/failures.ts'

const space = `apiVersion: chaton.hosting/v1alpha1
kind: Space
metadata:
  name: jardin
spec:
  title: Le jardin
  plan: collective
  owner:
    name: Camille
    email: camille@jardin.example
`

/** The problems of a manifest that must not be valid. */
function problemsOf(text: string): readonly string[] {
  const error = thrownBy(() => parseManifest(text, 'jardin.yaml'))
  expect(error).toMatchObject({ code: 'bad-input', message: expect.stringMatching(/^jardin\.yaml is not a valid manifest:\n/) })
  return error.data['problems'] as string[]
}

describe('parseManifest', () => {
  it('reads the space of the README', async () => {
    const text = await readFile(join(import.meta.dirname, '../../fixtures/spaces/jardin-partage.yaml'), 'utf8')

    expect(parseManifest(text, 'x')).toMatchObject([{ kind: 'Space', metadata: { name: 'jardin-partage' }, spec: { plan: 'collective' } }])
  })

  it('fills in what may be left out', () => {
    expect(parseManifest(space, 'x')[0]).toMatchObject({ spec: { suspended: false, owner: { locale: 'fr' } } })
  })

  it('reads several documents and leaves out empty ones', () => {
    const text = `---\n${space}---\n# nothing here\n---\n${space.replace('name: jardin', 'name: verger')}---\n`

    expect(parseManifest(text, 'x').map(({ metadata }) => metadata.name)).toEqual(['jardin', 'verger'])
  })

  it('reads anchors and JSON', () => {
    expect(parseManifest(space.replace('Le jardin', '&t Le jardin').replace('name: Camille', 'name: *t'), 'x')).toMatchObject([{ spec: { owner: { name: 'Le jardin' } } }])
    expect(parseManifest(JSON.stringify(parseManifest(space, 'x')[0]), 'x')).toHaveLength(1)
  })

  it.each(['', '\n\n', '# only a comment\n', '---\n---\n', 'null'])('tells that %j is empty', (text) => {
    expect(problemsOf(text)).toEqual(['the file is empty; expected a manifest'])
  })

  it.each([
    ['broken YAML', space.replace('title: Le jardin', 'title: "Le jardin'), /at line \d+, column \d+$/],
    ['a tab', space.replace('  title', '\ttitle'), /at line 6/],
    ['a field twice', `${space}  plan: tiny\n`, /Map keys must be unique at line 11/],
    ['an unknown alias', space.replace('Le jardin', '*nothing'), /nothing/],
    ['an unknown field', space.replace('plan:', 'plann:'), 'line 7: spec: unknown field "plann"; did you mean "plan"?'],
    ['an unknown field that holds fields', `${space}  ownr:\n    name: x\n`, 'line 11: spec: unknown field "ownr"; did you mean "owner"?'],
    ['an unknown field far from all', `${space}  colour: red\n`, 'line 11: spec: unknown field "colour"; known: title, plan, owner, domain, office, release, suspended'],
    ['a field in the wrong place', `${space}plan: x\n`, 'line 11: unknown field "plan"; known: apiVersion, kind, metadata, spec, status'],
    ['a deep unknown field', space.replace('email:', 'mail:'), 'line 10: spec.owner: unknown field "mail"; did you mean "email"?'],
    ['a missing field', space.replace('  plan: collective\n', ''), 'line 5: spec.plan: is missing (text)'],
    ['a value that is not allowed', `${space}  office: word\n`, 'line 11: spec.office: "word" is not allowed; allowed: collabora, onlyoffice'],
    ['another apiVersion', space.replace('v1alpha1', 'v2'), 'line 1: apiVersion: "chaton.hosting/v2" is not allowed; allowed: chaton.hosting/v1alpha1'],
    ['a bad address', space.replace('camille@jardin.example', 'camille'), 'line 10: spec.owner.email: "camille" is not a mail address'],
    ['a bad domain', `${space}  domain: Jardin.example\n`, /^line 11: spec\.domain: "Jardin\.example" is not a full domain name in lower case.*; for example jardin\.example$/],
    ['a bad release', `${space}  release: 32\n`, 'line 11: spec.release: 32 is not text; put it in quotes: "32"'],
    ['half a release', `${space}  release: "32"\n`, 'line 11: spec.release: "32" is not a Nextcloud release such as "32.0.1"'],
    ['no owner', space.slice(0, space.indexOf('  owner')), 'line 5: spec.owner: is missing (with the fields name, email, locale)'],
    ['an empty title', space.replace('Le jardin', '""'), 'line 6: spec.title: is empty'],
    ['a yes that is none', `${space}  suspended: maybe\n`, 'line 11: spec.suspended: "maybe" is not true or false'],
    ['a plan with capitals', 'apiVersion: chaton.hosting/v1alpha1\nkind: Plan\nmetadata: { name: Tiny Plan }\nspec: { title: { fr: x, en: x }, storage: 1 GB, accounts: 5 }', /^line 3: metadata\.name: "Tiny Plan" cannot name a plan.*; for example "tiny-plan"$/],
    ['no account at all', 'apiVersion: chaton.hosting/v1alpha1\nkind: Plan\nmetadata: { name: x }\nspec: { title: { fr: x, en: x }, storage: 1 GB, accounts: 0 }', 'line 4: spec.accounts: 0 is too small; at least 1'],
    ['a reserved name', space.replace('name: jardin', 'name: www'), 'line 4: metadata.name: "www" is a reserved name; for example "collectif-www"'],
    ['a name with accents', space.replace('name: jardin', 'name: Potager d’été'), /line 4: metadata\.name: .*; for example "potager-d-ete"$/],
    ['a kind misspelt', space.replace('kind: Space', 'kind: Spcae'), 'line 2: kind: "Spcae" is not a kind of chaton; did you mean "Space"?'],
    ['another kind', space.replace('kind: Space', 'kind: Deployment'), 'line 2: kind: "Deployment" is not a kind of chaton; known: Plan, Space'],
    ['no kind', space.replace('kind: Space\n', ''), 'line 1: kind: is missing; known: Plan, Space'],
    ['a list', '- a\n- b\n', 'line 1: expected a manifest with the fields apiVersion, kind, metadata and spec, found a list'],
    ['a word', 'hello', 'line 1: expected a manifest with the fields apiVersion, kind, metadata and spec, found a text'],
    ['a kind of the language', space.replace('kind: Space', 'kind: constructor'), /^line 2: kind: "constructor" is not a kind/],
  ])('tells of %s, in one line with its place', (_, text, expected) => {
    const problems = problemsOf(text)

    expect(problems.some((problem) => (typeof expected === 'string' ? problem === expected : expected.test(problem)))).toBe(true)
    for (const problem of problems) expect(problem).not.toContain('\n')
  })

  it('tells of every problem of every document at once', () => {
    const text = `${space.replace('plan: collective', 'plan: ""')}---\n${space.replace('email: camille@jardin.example', 'email: x')}`

    expect(problemsOf(text)).toEqual([expect.stringMatching(/^line 7: spec\.plan: /), expect.stringMatching(/^line 21: spec\.owner\.email: /)])
  })

  it('withstands a bomb of aliases', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]', ...'bcdefghi'.split('').map((name, index) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefghi'[index]}`).join()}]`)]
    const started = performance.now()

    expect(problemsOf(bomb.join('\n'))).toEqual([expect.stringContaining('alias')])
    expect(performance.now() - started).toBeLessThan(2000)
  })
})

describe('uniqueKeys', () => {
  it('are the domain and the port of a space', () => {
    const [plain] = parseManifest(space, 'x')
    const [own] = parseManifest(`${space}  domain: nuage.jardin.example\nstatus: { phase: Ready, port: 20001 }\n`, 'x')

    expect(plain && uniqueKeys(plain)).toEqual([])
    expect(own && uniqueKeys(own)).toEqual(['domain:nuage.jardin.example', 'port:20001'])
  })
})
