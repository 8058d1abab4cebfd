import { expect } from 'vitest'
import { ask, multistatus, type Wire } from '../../conformance/wire.ts'
import type { PersonForTest } from '../support/spaces.ts'
import type { KindFixture } from './contract.ts'
import { fileIdOf } from './tags.ts'

const wireOf = ({ url, userId, password }: PersonForTest): Wire => ({ url, user: userId, password })

const long = 'ligne '.repeat(160).trim()
/** On each path, oldest first. */
const planted: Readonly<Record<string, readonly string[]>> = {
  'many/3.txt': ['Premier & <b>gras</b>', 'Deuxième, avec @admin et "@admin"', 'Troisième\nsur deux lignes 🐈'],
  'many': ['Sur un dossier'],
  'Été/plage & mer.txt': [long],
}

async function write(person: PersonForTest, path: string, message: string): Promise<void> {
  const answer = await ask(wireOf(person), 'POST', `/remote.php/dav/comments/files/${await fileIdOf(person, path)}`, { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ actorType: 'users', verb: 'comment', message }) })
  expect([path, answer.status]).toEqual([path, 201])
}

/** Somebody who sees the file for a moment. */
async function writeAsAnother(person: PersonForTest, path: string, message: string): Promise<void> {
  const other = await person.space.person(`${person.userId}-friend`)
  const ocs = { 'ocs-apirequest': 'true', 'content-type': 'application/x-www-form-urlencoded' }
  const body = new URLSearchParams({ path, shareType: '0', shareWith: other.userId }).toString()
  const shared = await ask(wireOf(person), 'POST', '/ocs/v2.php/apps/files_sharing/api/v1/shares?format=json', { headers: ocs, body })
  const { ocs: answer } = JSON.parse(shared.text) as { ocs: { data: { id: string } } }
  const fileId = await fileIdOf(person, path)
  const written = await ask(wireOf(other), 'POST', `/remote.php/dav/comments/files/${fileId}`, { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ actorType: 'users', verb: 'comment', message }) })
  expect(written.status).toBe(201)
  await ask(wireOf(person), 'DELETE', `/ocs/v2.php/apps/files_sharing/api/v1/shares/${answer.data.id}`, { headers: ocs })
}

interface Read {
  readonly message: string
  readonly mentions: unknown
}

/** Oldest first. */
async function commentsOn(person: PersonForTest, path: string): Promise<Read[]> {
  const body = '<?xml version="1.0"?><oc:filter-comments xmlns:oc="http://owncloud.org/ns"><oc:limit>100</oc:limit><oc:offset>0</oc:offset></oc:filter-comments>'
  const found = multistatus(await ask(wireOf(person), 'REPORT', `/remote.php/dav/comments/files/${await fileIdOf(person, path)}`, { headers: { 'content-type': 'application/xml' }, body }))
  return found.toSorted((a, b) => Number(a.props['id']) - Number(b.props['id'])).map(({ props }) => ({ message: String(props['message']), mentions: props['mentions'] }))
}

/** After the files. */
export const commentsFixture: KindFixture = {
  kind: 'comments',
  async plant(source) {
    for (const [path, messages] of Object.entries(planted)) for (const message of messages) await write(source, path, message)
    await writeAsAnother(source, 'many/5.txt', 'Vu.')
  },
  async check(source, destination) {
    const [year] = new Date().toISOString().split('-')
    for (const path of ['many/3.txt', 'many'] as const) {
      const there = await commentsOn(destination, path)
      expect(there.map(({ message }) => message.replace(/^.*\n/, '').replaceAll('\u2060', ''))).toEqual(planted[path])
      expect(there.map(({ mentions }) => mentions)).toEqual(there.map(() => ''))
      for (const { message } of there) expect(message).toMatch(new RegExp(`^\\d+ \\p{L}+ ${year}\u00A0:\n`, 'u'))
    }
    expect((await commentsOn(destination, 'many/5.txt')).map(({ message }) => message)).toEqual([expect.stringMatching(new RegExp(`^${source.userId}-friend, .+ ${year}\u00A0:\nVu\\.$`))])
    const whole = await commentsOn(destination, 'Été/plage & mer.txt')
    expect(whole.map(({ message }) => message.replace(/^.*\n/, '')).join(' ')).toBe(long)
    expect(await commentsOn(destination, 'many/4.txt')).toEqual([])
  },
}
