import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allKinds } from '../../src/move/all-kinds.ts'
import type { KindTally } from '../../src/move/contract.ts'
import { startSmtpServer, type TestServer } from '../mail/smtp/server.ts'
import { moveBetween, newJournal, type MoveForTest } from '../move/support/accounts.ts'
import { kindFixtures } from './kinds/all.ts'
import { wantedReleases } from './support/machine.ts'
import { betweenReleases } from './support/releases.ts'
import { openSpaces, type PersonForTest, type SpacesForTest } from './support/spaces.ts'

/** An account with something of every kind, between every ordered pair of releases and within one server; looked at afterwards by other means than ours. */

const suite = 'everything moves'
const betweenServers = wantedReleases.flatMap((from) => wantedReleases.filter((to) => to !== from).map((to) => [from, to] as const))
const betweenAccountsOfOneServer = ['34.0.1', '34.0.1'] as const
/** Each release once as the old and once as the new one. */
const inShort = new Set(['28.0.2 32.0.1', '29.0.1 34.0.1', '32.0.1 29.0.1', '34.0.1 28.0.2', betweenAccountsOfOneServer.join(' ')])
const pairs = [...betweenServers, betweenAccountsOfOneServer]
let spaces: SpacesForTest
let smtp: TestServer

beforeAll(async () => {
  smtp = await startSmtpServer()
  spaces = await openSpaces({ firstPort: 35_200, settings: { mailUrl: `smtp://127.0.0.1:${smtp.port}`, mailFrom: 'Les Chats <bonjour@chats.example>' } })
})
afterAll(async () => {
  await spaces[Symbol.asyncDispose]()
  await smtp[Symbol.asyncDispose]()
})

const idOf = (from: string, to: string): string => `p${from}-${to}`.replaceAll('.', '')

betweenReleases(suite, pairs, (name, [from, to]) => {
  describe(`${suite}: ${name}`, () => {
    let source: PersonForTest
    let destination: PersonForTest
    let move: MoveForTest
    const journal = newJournal()

    beforeAll(async () => {
      source = await (await spaces.space(from)).person(`${idOf(from, to)}-old`)
      destination = await (await spaces.space(to)).person(`${idOf(from, to)}-new`)
      for (const fixture of kindFixtures) await fixture.plant(source, destination)
      smtp.mails.length = 0
      move = moveBetween({ source: source.remote, destination: destination.remote, journal: journal.path })
    })
    afterAll(() => {
      move[Symbol.dispose]()
      journal[Symbol.dispose]()
    })

    it('arrives, and both sides compare equal', async () => {
      const tallies: Record<string, KindTally> = {}
      for (const kind of allKinds) tallies[kind.name] = await kind.run(move)
      for (const fixture of kindFixtures) {
        expect([fixture.kind, (tallies[fixture.kind]?.moved ?? 0) > 0]).toEqual([fixture.kind, true])
        await fixture.check(source, destination)
      }
      for (const kind of allKinds) expect([kind.name, (await kind.verify(move)).differing]).toEqual([kind.name, []])
    })

    it('a second pass moves nothing more, and no mail has left', async () => {
      const before = move.journal.fingerprint()
      for (const kind of allKinds) await kind.run(move)
      expect(move.journal.fingerprint()).toBe(before)
      expect(smtp.mails.map(({ recipients }) => recipients.join())).toEqual([])
    })
  })
}, (releases) => inShort.has(releases.join(' ')))
