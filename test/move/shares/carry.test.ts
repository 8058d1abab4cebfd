import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { shares } from '../../../src/move/shares/index.ts'
import type { Item } from '../../../src/move/journal.ts'
import { moveBetween, newJournal, patientClock, type MoveForTest } from '../support/accounts.ts'
import { fakeSharing, rawShare, type FakeSharing } from '../support/fake-sharing.ts'

let source: FakeSharing
let destination: FakeSharing
let move: MoveForTest
let journal: ReturnType<typeof newJournal>
const clock = patientClock()

const file = (key: string, destinationKey: string): Item => ({
  key, state: 'moved', sourceId: key, sourceMark: '', destinationKey, destinationId: undefined, destinationMark: undefined, bytes: 0, extra: {}, reason: undefined, next: undefined, pass: 1,
})
const open = (): MoveForTest => moveBetween({ source: source.remote, destination: destination.remote, journal: journal.path, clock })

beforeEach(() => {
  journal = newJournal()
  source = fakeSharing({ uid: 'camille', base: 'https://old.example' })
  destination = fakeSharing({ uid: 'camille', base: 'https://new.example', people: [{ id: 'lou', name: 'Lou', email: 'lou@example.org' }], groups: ['jardin'] })
  move = open()
  move.journal.put('files', file('Photos', 'Images'))
})
afterEach(() => {
  move[Symbol.dispose]()
  journal[Symbol.dispose]()
})

const link = rawShare({ id: '5', label: 'Vacances', permissions: 4, hide_download: 1, expiration: '2099-12-24 00:00:00' })
const withLou = rawShare({ id: '6', share_type: 0, share_with: 'lou', share_with_displayname: 'Lou', share_with_displayname_unique: 'lou@example.org', permissions: 15, url: null })
const at = (): unknown[] => destination.shares.map(({ path, share_type, share_with, permissions, label, hide_download, expiration }) => [path, share_type, share_with, permissions, label, hide_download, expiration])

test('links and people, at the path where the file has arrived; old and new address are told', async () => {
  source.shares.push(withLou, link)

  const tally = await shares.run(move)

  expect(at()).toEqual([
    ['/Images', 3, null, 4, 'Vacances', 1, '2099-12-24 00:00:00'],
    ['/Images', 0, 'lou', 15, '', 0, null],
  ])
  expect(tally).toMatchObject({ moved: 2, refused: [], links: [{ path: 'Photos', old: 'https://old.example/s/old5', new: 'https://new.example/s/t1' }] })
  expect(destination.asked.filter((call) => call.startsWith('POST')).every((call) => call.includes('sendMail=false'))).toBe(true)
  expect((await shares.verify(move)).differing).toEqual([])
})

test('a second pass makes nothing twice, brings new ones, changes ours, and takes back what is gone', async () => {
  source.shares.push(withLou, link)
  await shares.run(move)
  const before = move.journal.fingerprint()
  await shares.run(move)
  expect(move.journal.fingerprint()).toBe(before)
  expect(destination.shares).toHaveLength(2)

  source.shares.splice(0, 2, { ...withLou, permissions: 1 }, rawShare({ id: '7' }))
  await shares.run(move)

  expect(at()).toEqual([
    ['/Images', 0, 'lou', 1, '', 0, null],
    ['/Images', 3, null, 17, '', 0, null],
  ])
})

test('what somebody changed at the destination is neither changed nor taken back; what was taken back there stays so', async () => {
  source.shares.push(withLou, link)
  await shares.run(move)
  const [made, person] = destination.shares
  if (made !== undefined) made['label'] = 'Autre'
  destination.shares.splice(destination.shares.indexOf(person ?? {}), 1)
  source.shares.splice(0, 2, { ...withLou, permissions: 1 })

  const tally = await shares.run(move)

  expect(at()).toEqual([['/Images', 3, null, 4, 'Autre', 1, '2099-12-24 00:00:00']])
  expect(tally.refused).toEqual([expect.objectContaining({ what: 'Photos', reason: 'it was taken back at the new host since it was moved' })])
})

test('a link that gets a password at the source is taken back: nothing stays open without one', async () => {
  source.shares.push(link)
  await shares.run(move)
  source.shares.splice(0, 1, { ...link, password: 'redacted' })

  const tally = await shares.run(move)

  expect(destination.shares).toEqual([])
  expect(tally).toMatchObject({ moved: 0, links: [], refused: [{ what: 'Photos', reason: expect.stringContaining('password') }] })
})

test('what is shared with the same person already counts as there; in another way, it is left', async () => {
  destination.shares.push(rawShare({ id: '90', path: '/Images', share_type: 0, share_with: 'lou', permissions: 15 }), rawShare({ id: '91', path: '/Images', share_type: 1, share_with: 'jardin', permissions: 31 }))
  source.shares.push(withLou, rawShare({ id: '8', share_type: 1, share_with: 'jardin', permissions: 1 }))

  const tally = await shares.run(move)

  expect(tally).toMatchObject({ moved: 0, alreadyThere: 1, refused: [{ reason: 'shared with jardin at the new host already, in another way, which was left as it is' }] })
  expect(destination.asked.filter((call) => /^(POST|PUT|DELETE)/.test(call))).toEqual([])
})

test.each(['POST', 'PUT'])('killed after the server did %s, before its answer: the next run finds its own', async (method) => {
  source.shares.push(link)
  destination.meddle = (call, done) => {
    done()
    if (call.startsWith(method)) throw new Error('killed')
    return undefined
  }
  await expect(shares.run(move)).rejects.toThrow('killed')
  destination.meddle = (_call, done) => {
    done()
    return undefined
  }
  move[Symbol.dispose]()
  move = open()

  const tally = await shares.run(move)

  expect(tally.moved).toBe(1)
  expect(at()).toEqual([['/Images', 3, null, 4, 'Vacances', 1, '2099-12-24 00:00:00']])
})

test('an answer that was lost to a proxy makes no second link', async () => {
  source.shares.push(link)
  let lost = 0
  destination.meddle = (call, done) => {
    done()
    return call.startsWith('POST') && lost++ === 0 ? 504 : undefined
  }

  await shares.run(move)

  expect(destination.shares).toHaveLength(1)
})

test('20 in 10 minutes: waited for, and told', async () => {
  source.shares.push(...Array.from({ length: 25 }, (_, index) => rawShare({ id: String(100 + index) })))
  const times: number[] = []
  destination.meddle = (call, done) => {
    if (call.startsWith('POST')) {
      const now = clock.now().getTime()
      if (times.filter((time) => time > now - 600_000).length >= 20) return 429
      times.push(now)
    }
    done()
    return undefined
  }

  const tally = await shares.run(move)

  expect(tally.moved).toBe(25)
  expect(clock.slept()).toBeGreaterThan(595_000)
  expect(move.told.map(({ note }) => note)).toContainEqual(expect.stringContaining('the new host takes 20 new shares in 10 minutes: going on at'))
})

describe('a server that does not do what it is told', () => {
  test('a link that can be read, where the old one was a file drop, does not stay', async () => {
    source.shares.push(link)
    destination.meddle = (_call, done) => {
      done()
      for (const share of destination.shares) share['permissions'] = 5
      return undefined
    }

    const tally = await shares.run(move)

    expect(destination.shares).toEqual([])
    expect(tally.refused).toMatchObject([{ reason: 'the new host would have allowed more with it than the old one does' }])
  })

  test('what it refuses is told with its words, and holds up no other', async () => {
    source.shares.push(link, withLou)
    destination.meddle = (call, done) => {
      if (call.startsWith('POST') && destination.shares.length === 0 && !destination.asked.some((asked) => asked.includes('lou'))) return 403
      done()
      return undefined
    }

    const tally = await shares.run(move)

    expect(tally).toMatchObject({ moved: 1, refused: [{ what: 'Photos', reason: expect.stringContaining('the new host does not take it: ') }] })
  })
})

test('what was not carried is not shared', async () => {
  source.shares.push(rawShare({ id: '9', path: '/Elsewhere' }))

  expect(await shares.run(move)).toMatchObject({ moved: 0, refused: [{ what: 'Elsewhere', reason: 'the file or folder itself was not carried' }] })
})
