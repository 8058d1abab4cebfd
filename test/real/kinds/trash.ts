import { expect } from 'vitest'
import { ask, propfind, type Wire } from '../../conformance/wire.ts'
import type { PersonForTest } from '../support/spaces.ts'
import type { KindFixture } from './contract.ts'

const wireOf = ({ url, userId, password }: PersonForTest): Wire => ({ url, user: userId, password })
const fileOf = ({ userId }: PersonForTest, path: string): string => `/remote.php/dav/files/${userId}/${path.split('/').map(encodeURIComponent).join('/')}`
const trashOf = ({ userId }: PersonForTest): string => `/remote.php/dav/trashbin/${userId}/trash`
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const time = 1_520_000_000

async function put(person: PersonForTest, path: string, body: string): Promise<void> {
  expect([path, (await ask(wireOf(person), 'PUT', fileOf(person, path), { headers: { 'x-oc-mtime': String(time) }, body })).status]).toEqual([path, 201])
}
async function send(person: PersonForTest, method: string, path: string): Promise<void> {
  expect([method, path, (await ask(wireOf(person), method, fileOf(person, path))).status]).toEqual([method, path, method === 'MKCOL' ? 201 : 204])
}
const nextSecond = async (): Promise<void> => await new Promise((resolve) => void setTimeout(resolve, 1100))

/** Files in the trash, those in deleted folders too: where they were, with their content. Servers give the time of deletion as theirs. */
async function trashed(person: PersonForTest): Promise<string[]> {
  const below = async (href: string, location: string): Promise<string[]> => {
    const found = (await propfind(wireOf(person), href, 'resourcetype nc:trashbin-original-location', '1')).filter((entry) => entry.href.replace(/\/$/, '') !== href.replace(/\/$/, ''))
    const lines: string[] = []
    for (const { href: own, props } of found) {
      const name = decodeURIComponent(own.replace(/\/$/, '').split('/').at(-1) ?? '')
      const at = location === '' ? textOf(props['trashbin-original-location']) : `${location}/${name}`
      if (own.endsWith('/')) lines.push(`${at}/`, ...(await below(own, at)))
      else lines.push(`${at} ${(await ask(wireOf(person), 'GET', own)).text}`)
    }
    return lines.toSorted()
  }
  return await below(trashOf(person), '')
}

const kept = 'many/2.txt'
const beside = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/ \(from [^)]*\)/, '')).toSorted()

/** After `filesFixture`, whose files stay as many. */
export const trashFixture: KindFixture = {
  kind: 'trash',
  async plant(source) {
    await ask(wireOf(source), 'DELETE', trashOf(source))
    for (const folder of ['Parti', 'Parti/fond', 'Oublié']) await send(source, 'MKCOL', folder)
    await put(source, 'Parti/fond/dedans.txt', 'inside')
    await put(source, 'Parti/zéro', '')
    await put(source, 'Oublié/seul.txt', 'alone')
    for (const path of ['Parti', 'Oublié/seul.txt', 'Oublié']) await send(source, 'DELETE', path)
    for (const [path, body] of [['many/même.txt', 'one'], ['many/même.txt', 'two'], ['même.txt', 'three']] as const) {
      await put(source, path, body)
      await send(source, 'DELETE', path)
      await nextSecond()
    }
    await send(source, 'DELETE', kept)
    await put(source, kept, 'written again')
  },
  async check(source, destination) {
    const here = await trashed(source)
    expect(here).toHaveLength(10)
    const there = (await trashed(destination)).filter((line) => here.includes(beside([line])[0] ?? ''))
    expect(beside(there)).toEqual(here)
    expect(there.filter((line) => line.startsWith(`${kept} `))).toEqual([])
    expect((await ask(wireOf(destination), 'GET', fileOf(destination, kept))).text).toBe('written again')
    for (const path of ['Parti', 'Oublié']) expect((await ask(wireOf(destination), 'GET', fileOf(destination, path))).status).toBe(404)
  },
}
