import { XMLValidator } from 'fast-xml-parser'
import { describe, expect, test } from 'vitest'
import { kindNames } from '../../src/move/kinds.ts'
import { newSigningKey, publicKeyOf } from '../../src/kit/signature.ts'
import { isWhole, makeReport, type MoveReport, type ReportInput } from '../../src/move/report/model.ts'
import { reportPage } from '../../src/move/report/page.ts'
import { checkSeal, sealPage, sealReport } from '../../src/move/report/seal.ts'
import { thrownBy } from '../support/failures.ts'

const side = (address: string) => ({ address, account: 'camille', version: '32.0.1' })
const input = (parts: Partial<ReportInput> = {}): ReportInput => ({
  move: '2026-11-24-oabc12',
  madeAt: new Date('2026-11-24T12:00:00Z'),
  startedAt: '2026-11-23T10:00:00.000Z',
  finishedAt: '2026-11-24T12:00:00.000Z',
  source: side('https://old.example'),
  destination: side('https://new.example'),
  ownAppPasswords: false,
  passes: 2,
  available: kindNames,
  chosen: ['files', 'contacts', 'shares'],
  outcomes: {
    files: { carried: true, moved: 1200, alreadyThere: 3, bytes: 4.2e9, refused: [{ what: 'Commun/<b>&', reason: 'it was shared with you and belongs to somebody else', next: 'ask its owner to share it with your new account' }] },
    contacts: { carried: true, moved: 7, alreadyThere: 0, refused: [] },
    shares: { carried: true, moved: 2, alreadyThere: 0, refused: [{ what: 'Clos', reason: 'a link protected by a password, which cannot be read: no link was made, so that nothing is open without one' }], links: [{ path: 'Été & <Photos>', old: 'https://old.example/s/abc', new: 'https://new.example/s/def' }] },
  },
  failures: {},
  checks: { files: { checked: 1203, differing: [] }, contacts: { checked: 7, differing: [] }, shares: { checked: 2, differing: [] } },
  notCarried: [],
  ...parts,
})

describe('report', () => {
  test('of a move that went well', () => {
    const report = makeReport(input())

    expect(report).toMatchObject({ verification: 'passed', passes: 2 })
    expect(report.kinds.map(({ name, state }) => `${name} ${state}`)).toEqual(['files moved', 'versions left-out', 'trash left-out', 'favourites left-out', 'tags left-out', 'comments left-out', 'albums left-out', 'calendars left-out', 'contacts moved', 'profile left-out', 'shares moved'])
    expect(report.todo).toEqual(['not-moved', 'clients', 'calendar-clients', 'new-links', 'passwords', 'tell-people', 'keep-old'])
    expect(report.links).toEqual([{ path: 'Été & <Photos>', old: 'https://old.example/s/abc', new: 'https://new.example/s/def' }])
    expect(isWhole(report)).toBe(true)
  })

  test('without links, nothing is said of links or their passwords', () => {
    const report = makeReport(input({ outcomes: { ...input().outcomes, shares: { carried: true, moved: 2, alreadyThere: 0, refused: [] } } }))

    expect(report.links).toEqual([])
    expect(report.todo).not.toContain('new-links')
    expect(report.todo).not.toContain('passwords')
  })

  test('what this program cannot carry is told, and is no fault of the move', () => {
    const report = makeReport(input({ available: ['files', 'contacts'], chosen: ['files', 'contacts'], outcomes: { ...input().outcomes, files: { carried: true, moved: 1, alreadyThere: 0, refused: [] } } }))

    expect(report.kinds.find(({ name }) => name === 'shares')?.state).toBe('unavailable')
    expect(report.todo).toContain('not-moved')
    expect(isWhole(report)).toBe(true)
  })

  test.each<[string, Partial<ReportInput>, MoveReport['verification'], string]>([
    ['with a difference', { checks: { ...input().checks, contacts: { checked: 7, differing: [{ what: 'Lou', reason: 'the card differs' }] } } }, 'differences', 'look-at-differences'],
    ['with a kind that failed', { failures: { files: { message: 'no answer', next: [], retryable: true } } }, 'not-done', 'try-again'],
    ['with a kind that failed, and a difference in another', { failures: { files: { message: 'no answer', next: [], retryable: true } }, checks: { contacts: { checked: 7, differing: [{ what: 'Lou', reason: 'the card differs' }] }, shares: { checked: 2, differing: [] } } }, 'not-done', 'look-at-differences'],
    ['of nothing at all', { chosen: [] }, 'not-done', 'tell-people'],
    ['with a comparison that broke off', { checks: { ...input().checks, files: { checked: 0, differing: [], failure: { message: 'no answer', next: [], retryable: true } } } }, 'not-done', 'try-again'],
    ['that has not begun', { outcomes: {}, checks: {} }, 'not-done', 'tell-people'],
    ['that was never compared', { checks: {} }, 'not-done', 'clients'],
  ])('%s is not whole', (_name, parts, verification, todo) => {
    const report = makeReport(input(parts))

    expect(report.verification).toBe(verification)
    expect(report.todo).toContain(todo)
    expect(isWhole(report)).toBe(false)
  })
})

test('what an earlier comparison found of a kind that has failed since is not told', () => {
  const earlier = { checked: 1203, differing: [{ what: 'a.txt', reason: 'it changed at the source since it was carried' }] }
  const [files] = makeReport(input({ failures: { files: { message: 'no answer', next: [], retryable: true } }, checks: { ...input().checks, files: earlier } })).kinds

  expect(files).toMatchObject({ name: 'files', state: 'failed', failure: 'no answer', differing: [] })
  expect(files?.checked).toBeUndefined()
})

describe('signed', () => {
  const key = newSigningKey()
  const json = sealReport(makeReport(input()), key)
  const page = sealPage(reportPage(makeReport(input()), 'fr', publicKeyOf(key)), key)

  test.each([
    ['report.json', json],
    ['report.fr.html', page],
  ])('%s: intact, by the key that signed it', (name, text) => {
    expect(checkSeal(text, name)).toMatchObject({ intact: true, publicKey: publicKeyOf(key) })
  })

  test.each([
    ['report.json', json.replace('"moved": 7', '"moved": 8')],
    ['report.json', json.replace('"camille"', '"dominique"')],
    ['report.fr.html', page.replace('camille', 'dominique')],
    ['report.fr.html', page.replace('<p class', '<p  class')],
  ])('%s changed by a letter: found', (name, text) => {
    expect(checkSeal(text, name).intact).toBe(false)
  })

  test('layout of the JSON does not matter, its content does', () => {
    expect(checkSeal(JSON.stringify(JSON.parse(json)), 'report.json').intact).toBe(true)
  })

  test.each(['', '{}', '<html></html>', '{"report":{},"signature":{"algorithm":"none"}}'])('%j is no report', (text) => {
    expect(thrownBy(() => checkSeal(text, 'x.json'))).toMatchObject({ code: 'bad-input', message: expect.stringContaining('x.json') })
  })
})

describe.each(['fr', 'en'] as const)('page in %s', (language) => {
  const page = reportPage(makeReport(input({ notCarried: [{ app: 'spreed', what: 'Talk', reason: 'conversations belong to their server' }], failures: { contacts: { message: 'no address books here', next: [], retryable: false } } })), language, 'the-public-key')

  test('is well formed, in its language, with one h1, and headings that no level skips', () => {
    expect(XMLValidator.validate(page.replace('<!DOCTYPE html>\n', '').replaceAll(/<(meta|br)([^>]*)>/g, '<$1$2/>'))).toBe(true)
    expect(page).toContain(`<html lang="${language}">`)
    const levels = [...page.matchAll(/<h(\d)/g)].map(([, level]) => Number(level))
    expect(levels.filter((level) => level === 1)).toHaveLength(1)
    expect(levels.every((level, index) => level <= (levels[index - 1] ?? 0) + 1)).toBe(true)
  })

  test('loads nothing, runs nothing, and names of files cannot become markup', () => {
    expect(page).not.toMatch(/<script|<img|<link|src=|https?:\/\/[^<]*\.(js|css)|\son\w+=/)
    expect(page).toContain("default-src 'none'")
    expect(page).toContain('Commun/&lt;b&gt;&amp;')
  })

  test('names each public link with its old and its new address', () => {
    expect(page).toContain('Été &amp; &lt;Photos&gt;')
    expect(page).toMatch(/https:\/\/new\.example\/s\/def<[\s\S]*https:\/\/old\.example\/s\/abc</)
  })

  test('says what moved, what did not and why, what to do now, and the key', () => {
    for (const text of ['1', 'Talk', 'no address books here', 'https://new.example/remote.php/dav', 'the-public-key']) expect(page).toContain(text)
    expect(page).toMatch(/<th scope="row">[^<]*(Fichiers|Files)/)
    expect(page).toMatch(/id="todo"[\s\S]*<ol>\n<li><strong>/)
  })
})

test('long lists are cut in the page, and the page says so', () => {
  const refused = Array.from({ length: 1000 }, (_, index) => ({ what: `f${index}`, reason: 'refused' }))
  const report = makeReport(input({ outcomes: { files: { carried: true, moved: 1, alreadyThere: 0, refused } } }))

  const page = reportPage(report, 'en', 'key')

  expect(page).toContain('f199<')
  expect(page).not.toContain('f200<')
  expect(page).toContain('and 800 more')
})
