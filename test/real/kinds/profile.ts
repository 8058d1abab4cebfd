import { deflateSync, crc32 } from 'node:zlib'
import { expect } from 'vitest'
import { ask, type Wire } from '../../conformance/wire.ts'
import type { PersonForTest } from '../support/spaces.ts'
import type { KindFixture } from './contract.ts'

/** With the account's own password: 34 takes changes of a profile from nothing else. */
const asPerson = ({ url, userId, accountPassword }: PersonForTest): Wire => ({ url, user: userId, password: accountPassword })
const wireOf = ({ url, userId, password }: PersonForTest): Wire => ({ url, user: userId, password })
const ocs = { 'ocs-apirequest': 'true' }
const form = { ...ocs, 'content-type': 'application/x-www-form-urlencoded' }

const planted: Readonly<Record<string, string>> = {
  displayname: 'Lou Chaton',
  phone: '+33612345678',
  address: '1 rue des Lilas, Paris',
  website: 'https://lou.example',
  fediverse: '@lou@mastodon.example',
  organisation: 'Les Chats',
  biography: 'Deux lignes,\nsur des chats.',
  locale: 'fr_FR',
}

const statusPath = '/ocs/v2.php/apps/user_status/api/v1/user_status'

async function put(person: PersonForTest, path: string, fields: Record<string, string>): Promise<void> {
  const { status, text } = await ask(asPerson(person), 'PUT', `${path}?format=json`, { headers: form, body: new URLSearchParams(fields).toString() })
  expect([fields, status, status === 200 ? '' : text]).toEqual([fields, 200, ''])
}

async function dataAt(person: PersonForTest, path: string): Promise<Record<string, unknown>> {
  const answer = JSON.parse((await ask(wireOf(person), 'GET', `${path}?format=json`, { headers: ocs })).text) as { ocs: { data: Record<string, unknown> } }
  return answer.ocs.data
}

function square(size: number): Buffer<ArrayBuffer> {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data])
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, sum])
  }
  const head = Buffer.from([0, 0, size >> 8, size & 255, 0, 0, size >> 8, size & 255, 8, 2, 0, 0, 0])
  const row = Buffer.concat([Buffer.alloc(1), Buffer.alloc(size * 3, Buffer.from([200, 80, 40]))])
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.concat(Array.from({ length: size }, () => row)))), chunk('IEND', Buffer.alloc(0))])
}

/** As the page for it does: with the token of a session. */
async function plantPicture(person: PersonForTest): Promise<void> {
  const wire = wireOf(person)
  const { text, headers } = await ask(wire, 'GET', '/index.php/csrftoken', { headers: ocs })
  const { token } = JSON.parse(text) as { token: string }
  const cookie = headers.getSetCookie().map((line) => line.split(';')[0]).join('; ')
  const upload = new FormData()
  upload.set('files[]', new File([square(300)], 'lou.png', { type: 'image/png' }))
  const body = new Response(upload)
  const sent = { ...ocs, cookie, requesttoken: token, 'content-type': body.headers.get('content-type') ?? '' }
  expect((await ask(wire, 'POST', '/index.php/avatar/', { headers: sent, body: Buffer.from(await body.arrayBuffer()) })).text).toBe('{"status":"success"}')
}

/** 32 takes the first letter off an address of the fediverse. */
const withoutAt = (value: unknown): unknown => (typeof value === 'string' ? value.replace(/^@/, '') : value)

export const profileFixture: KindFixture = {
  kind: 'profile',
  async plant(source) {
    const path = `/ocs/v2.php/cloud/users/${source.userId}`
    for (const [key, value] of Object.entries(planted)) await put(source, path, { key, value })
    await put(source, path, { key: 'phoneScope', value: 'v2-private' })
    await put(source, `${statusPath}/message/custom`, { message: 'Au jardin', statusIcon: '🌻' })
    await plantPicture(source)
  },
  async check(source, destination) {
    const there = await dataAt(destination, '/ocs/v2.php/cloud/user')
    // An app password may not change the profile there.
    const open = Number(destination.space.release.split('.')[0]) < 34
    for (const [key, value] of Object.entries(planted)) expect([key, withoutAt(there[key])]).toEqual([key, open ? withoutAt(value) : key === 'displayname' ? destination.userId : ''])
    expect(there['phoneScope']).toBe(open ? 'v2-private' : 'v2-local')
    expect(there['email']).toBe(destination.email)
    expect(await dataAt(destination, statusPath)).toMatchObject({ message: 'Au jardin', icon: '🌻' })
    const [before, after] = await Promise.all([source, destination].map(async (person) => await ask(wireOf(person), 'GET', `/index.php/avatar/${person.userId}/512`)))
    expect(after?.headers.get('x-nc-iscustomavatar')).toBe('1')
    expect(after?.bytes.equals(before?.bytes ?? Buffer.alloc(0))).toBe(true)
  },
}
