import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Engine, SpaceTarget } from '../../src/engine/contract.ts'
import type { Clock } from '../../src/kit/clock.ts'
import { HttpClient } from '../../src/kit/http-stream.ts'
import { discover } from '../../src/nextcloud/discover/index.ts'
import { openRemoteFiles } from '../../src/nextcloud/files/index.ts'
import { awaitGrant, beginSignIn, openAccount, revoke } from '../../src/nextcloud/sign-in.ts'
import { failureOf } from '../support/failures.ts'
import { choosePassword } from './engine-steps.ts'
import { majorOf, since } from './releases.ts'

export interface SignInForTest {
  readonly engine: Engine
  /** Provisioned. */
  readonly target: SpaceTarget
  /** Does in a browser's stead what a person does at the address: signs in with the account's own name and password, and agrees. */
  agree(login: string, person: { readonly user: string; readonly password: string }): Promise<void>
  readonly cleanup?: () => Promise<void>
}

/** From an address to an account and back. The account signs in with its e-mail address, so that its sign-in name is not its id. */
export function describeSignIn(name: string, open: () => Promise<SignInForTest>): void {
  describe(`sign-in: ${name}`, () => {
    let server: SignInForTest
    let url: string
    let base: string
    const http = new HttpClient()
    const uid = `guest-${randomBytes(3).toString('hex')}`
    const person = { user: `${randomBytes(4).toString('hex')}@example.org`, password: 'Gast-Passwort-1729' }
    const signal = new AbortController().signal
    let polls = 0
    const clock: Clock = { now: () => new Date(polls * 2000), sleep: async () => await Promise.resolve(void (polls += 1)) }

    beforeAll(async () => {
      server = await open()
      const { engine, target } = server
      const { link } = await engine.invite(target, { userId: uid, displayName: 'Guest', email: person.user, locale: 'en' })
      expect(await choosePassword(engine, target, link, person.password)).toMatchObject({ status: 'success' })
      url = engine.address(target).url
    })
    afterAll(async () => {
      http[Symbol.dispose]()
      await server?.cleanup?.()
    })

    it('finds the server', async () => {
      const found = await discover(`${url}/index.php/apps/files`, { http })
      expect(found.base).toBe(url)
      expect(found.version).toMatch(/^\d+\.\d+\.\d+$/)
      base = found.base
    })

    it('signs in by browser, once, and out again', async () => {
      const pending = await beginSignIn({ http, base, agent: 'chaton test <&>' })
      expect(pending.login.startsWith(`${base}/`)).toBe(true)
      const waiting = awaitGrant(pending, { http, clock: { ...clock, sleep: async () => await agreed }, signal })
      const agreed = server.agree(pending.login, person)
      const { loginName, appPassword } = await waiting
      expect(loginName).toBe(since(majorOf(server.target.release), { 28: uid, 32: person.user }))
      const { remote, user } = await openAccount({ http, base, user: loginName, password: appPassword })
      expect([remote.uid, user.id, user.email]).toEqual([uid, uid, person.user])
      expect(remote.facts).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string, capabilities: { dav: { bulkupload: '1.0' } } })
      expect(await openRemoteFiles(remote).stat('')).toMatchObject({ folder: true })
      const again = await failureOf(awaitGrant(pending, { http, clock, signal }))
      expect(again).toMatchObject({ code: 'refused', message: expect.stringContaining('20 minutes') as string })
      expect(polls).toBe(600)
      expect(await revoke(remote)).toBe(true)
      expect(await failureOf(openAccount({ http, base, user: loginName, password: appPassword }))).toMatchObject({ code: 'remote-failed', data: { status: 401 } })
      expect(await revoke(remote)).toBe(true)
    })

    it('stops waiting when told to', async () => {
      const stop = new AbortController()
      const pending = await beginSignIn({ http, base, agent: 'chaton test' })
      const waiting = failureOf(awaitGrant(pending, { http, clock: { ...clock, sleep: async () => await Promise.resolve(stop.abort()) }, signal: stop.signal }))
      expect(await waiting).toMatchObject({ code: 'interrupted' })
    })

    it('knows that the own password of the account stays', async () => {
      const { remote } = await openAccount({ http, base, user: uid, password: person.password })
      expect(remote.uid).toBe(uid)
      expect(await revoke(remote)).toBe(false)
      expect((await openAccount({ http, base, user: uid, password: person.password })).user.id).toBe(uid)
    })

    it('says that a name or password is wrong', async () => {
      const error = await failureOf(openAccount({ http, base, user: person.user, password: 'wrong-password' }))
      expect(error).toMatchObject({ code: 'remote-failed', retryable: false, data: { status: 401 } })
      expect(error.message).not.toContain('wrong-password')
    })
  })
}
