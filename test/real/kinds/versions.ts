import { expect } from 'vitest'
import { ask, propfind, type Wire } from '../../conformance/wire.ts'
import type { PersonForTest } from '../support/spaces.ts'
import type { KindFixture } from './contract.ts'

const wireOf = ({ url, userId, password }: PersonForTest): Wire => ({ url, user: userId, password })
const fileOf = ({ userId }: PersonForTest, path: string): string => `/remote.php/dav/files/${userId}/${path}`

const path = 'many/0.txt'
/** Its present content is empty: servers keep no version of that. */
const emptied = 'many/3.txt'
const first = 1_510_000_000
const contents = ['first draft', 'second draft, longer', 'third draft', 'as it is now']
const labels: Readonly<Record<string, string>> = { [String(first)]: 'Brouillon & <plan>', [String(first + 30_000)]: 'Version du conseil' }

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Stamps of a file's versions with their contents and names, the present one (which has no content of its own there) among them. */
async function versionsOf(person: PersonForTest, ofFile: string): Promise<Record<string, { text: string; label: string }>> {
  const [file] = await propfind(wireOf(person), fileOf(person, ofFile), 'oc:fileid getlastmodified')
  const present = String(Date.parse(textOf(file?.props['getlastmodified'])) / 1000)
  const id = textOf(file?.props['fileid'])
  const found = await propfind(wireOf(person), `/remote.php/dav/versions/${person.userId}/versions/${id}`, 'getlastmodified nc:version-label', '1')
  const read = async ({ href, props }: (typeof found)[number]) => {
    const stamp = href.slice(href.lastIndexOf('/') + 1)
    const from = stamp === present ? fileOf(person, ofFile) : href
    return [stamp, { text: (await ask(wireOf(person), 'GET', from)).text, label: textOf(props['version-label']) }] as const
  }
  return Object.fromEntries(await Promise.all(found.filter(({ href }) => /\/\d+\/\d+$/.test(href)).map(read)))
}

const labelBody = (label: string): string =>
  `<?xml version="1.0"?><d:propertyupdate xmlns:d="DAV:" xmlns:nc="http://nextcloud.org/ns"><d:set><d:prop><nc:version-label>${label.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</nc:version-label></d:prop></d:set></d:propertyupdate>`

/** After `filesFixture`: one of its files is written again, several times. */
export const versionsFixture: KindFixture = {
  kind: 'versions',
  async plant(source) {
    for (const [index, body] of contents.entries()) {
      expect((await ask(wireOf(source), 'PUT', fileOf(source, path), { headers: { 'x-oc-mtime': String(first + index * 10_000) }, body })).status).toBe(204)
    }
    expect((await ask(wireOf(source), 'PUT', fileOf(source, emptied), { headers: { 'x-oc-mtime': String(first) }, body: '' })).status).toBe(204)
    const [file] = await propfind(wireOf(source), fileOf(source, path), 'oc:fileid')
    for (const [stamp, label] of Object.entries(labels)) {
      const href = `/remote.php/dav/versions/${source.userId}/versions/${textOf(file?.props['fileid'])}/${stamp}`
      expect((await ask(wireOf(source), 'PROPPATCH', href, { body: labelBody(label), headers: { 'content-type': 'application/xml' } })).text).toContain('200 OK')
    }
  },
  async check(source, destination) {
    const here = await versionsOf(source, path)
    expect(Object.values(here).map(({ text }) => text)).toEqual(['file 0', ...contents])
    expect(Object.fromEntries(Object.entries(here).flatMap(([stamp, { label }]) => (label === '' ? [] : [[stamp, label]])))).toEqual(labels)
    expect(await versionsOf(destination, path)).toEqual(here)
    const emptiedHere = await versionsOf(source, emptied)
    expect(Object.values(emptiedHere).map(({ text }) => text).toSorted()).toEqual(['', 'file 3'])
    expect(await versionsOf(destination, emptied)).toEqual(emptiedHere)
    expect((await ask(wireOf(destination), 'GET', fileOf(destination, path))).text).toBe(contents.at(-1))
    expect(Object.keys(await versionsOf(destination, 'many/1.txt'))).toHaveLength(1)
  },
}
