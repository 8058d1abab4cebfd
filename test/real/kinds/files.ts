import { spawnSync } from 'node:child_process'
import { expect } from 'vitest'
import { ask, propfind, type Wire } from '../../conformance/wire.ts'
import type { PersonForTest } from '../support/spaces.ts'
import type { KindFixture } from './contract.ts'

const wireOf = ({ url, userId, password }: PersonForTest): Wire => ({ url, user: userId, password })
const baseOf = ({ userId }: PersonForTest): string => `/remote.php/dav/files/${userId}/`
const pathOf = (person: PersonForTest, path: string): string => baseOf(person) + path.split('/').map(encodeURIComponent).join('/')

const time = 1_500_000_000
const folders = ['Été', 'Été/vide', 'many']
const texts: Readonly<Record<string, string>> = {
  'Été/plage & mer.txt': 'le sable',
  'Été/#1 50% + plus.txt': 'odd',
  'zéro': '',
  'middle.bin': 'middle '.repeat(500_000),
  ...Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`many/${index}.txt`, `file ${index}`])),
}

async function put(person: PersonForTest, path: string, body: string, index: number): Promise<void> {
  const headers = { 'x-oc-mtime': String(time + index), ...(path === 'zéro' ? { 'x-oc-ctime': String(time - 1000) } : {}) }
  expect([path, (await ask(wireOf(person), 'PUT', pathOf(person, path), { headers, body })).status]).toEqual([path, 201])
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '-')

/** Paths with size and time, as the server lists them. */
async function listing(person: PersonForTest): Promise<Record<string, string>> {
  const base = baseOf(person)
  const found = await propfind(wireOf(person), base, 'getlastmodified getcontentlength', 'infinity')
  const words = found.map(({ href, props }) => [decodeURIComponent(href.slice(base.length)), `${textOf(props['getcontentlength'])} ${textOf(props['getlastmodified'])}`] as const)
  return Object.fromEntries(words.filter(([path]) => path !== ''))
}

const creationTime = async (person: PersonForTest, path: string): Promise<unknown> => (await propfind(wireOf(person), pathOf(person, path), 'nc:creation_time'))[0]?.props['creation_time']

/** Every byte of the source's files is at the destination too, as rclone reads them. */
function rcloneCheck(source: PersonForTest, destination: PersonForTest): string {
  const remote = (name: string, { url, userId, password }: PersonForTest): Record<string, string> => {
    const hidden = spawnSync('rclone', ['obscure', '-'], { input: password, encoding: 'utf8' }).stdout.trim()
    const settings = { TYPE: 'webdav', URL: `${url}/remote.php/dav/files/${userId}`, VENDOR: 'nextcloud', USER: userId, PASS: hidden }
    return Object.fromEntries(Object.entries(settings).map(([key, value]) => [`RCLONE_CONFIG_${name}_${key}`, value]))
  }
  const env = { PATH: process.env['PATH'], RCLONE_CONFIG: '/dev/null', ...remote('OLD', source), ...remote('NEW', destination) }
  const { status, stderr } = spawnSync('rclone', ['check', 'old:', 'new:', '--download', '--one-way', '--checkers', '4'], { env, encoding: 'utf8' })
  return status === 0 ? 'all equal' : stderr
}

export const filesFixture: KindFixture = {
  kind: 'files',
  async plant(source) {
    for (const folder of folders) expect((await ask(wireOf(source), 'MKCOL', pathOf(source, folder))).status).toBe(201)
    for (const [index, [path, body]] of Object.entries(texts).entries()) await put(source, path, body, index)
  },
  async check(source, destination) {
    const here = await listing(source)
    expect(Object.keys(here)).toHaveLength(folders.length + Object.keys(texts).length)
    expect(await listing(destination)).toMatchObject(here)
    expect(await creationTime(destination, 'zéro')).toBe(String(time - 1000))
    expect(rcloneCheck(source, destination)).toBe('all equal')
  },
}

const star = (value: number): string => `<?xml version="1.0"?><d:propertyupdate xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:set><d:prop><oc:favorite>${value}</oc:favorite></d:prop></d:set></d:propertyupdate>`
const starred = ['many', 'Été/plage & mer.txt']

/** After {@link filesFixture}. */
export const favouritesFixture: KindFixture = {
  kind: 'favourites',
  async plant(source) {
    for (const path of starred) expect((await ask(wireOf(source), 'PROPPATCH', pathOf(source, path), { body: star(1), headers: { 'content-type': 'application/xml' } })).status).toBe(207)
  },
  async check(_source, destination) {
    for (const path of starred) expect([path, (await propfind(wireOf(destination), pathOf(destination, path), 'oc:favorite'))[0]?.props['favorite']]).toEqual([path, '1'])
    expect((await propfind(wireOf(destination), pathOf(destination, 'middle.bin'), 'oc:favorite'))[0]?.props['favorite']).toBe('0')
  },
}
