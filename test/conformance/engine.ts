import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AccountUsage, Engine, SpaceTarget } from '../../src/engine/contract.ts'
import { ChatonError } from '../../src/kit/errors.ts'
import { choosePassword, ocs, pathOfLink, person, provision, signIn, snapshot, type EngineForTest, type Person } from './engine-steps.ts'
import { majorOf, since } from './releases.ts'
import { ask } from './wire.ts'

const code = async (work: Promise<unknown>): Promise<string> => work.then(() => 'no error', (error: unknown) => (error instanceof ChatonError ? error.code : String(error)))
const bytes = (count: number): Buffer<ArrayBuffer> => Buffer.alloc(count, 'x')

/** The whole promise of the Engine contract, for every implementation. The tests of one run share a space, in order. */
export function describeEngine(name: string, makeEngine: () => Promise<EngineForTest>): void {
  describe(`engine: ${name}`, () => {
    let made: EngineForTest
    let engine: Engine
    let target: SpaceTarget
    let administrator: Person
    /** The same account by its own password, which counts as confirmed: since 34 an app password may not change accounts. */
    let owner: Person

    beforeAll(async () => {
      made = await makeEngine()
      engine = made.engine
      target = made.newTarget()
    })
    afterAll(async () => {
      await engine.remove(target)
      await made.cleanup()
    })
    const usageOf = async (who: Person): Promise<AccountUsage | undefined> => (await engine.usage(target)).accounts.find(({ userId }) => userId === who.userId)
    const invite = (userId: string) => engine.invite(target, { userId, displayName: `Person ${userId}`, email: `${userId}@example.org`, locale: 'en' })

    it('is ready for the space, which does not exist yet', async () => {
      expect((await engine.preflight(target)).filter(({ severity }) => severity === 'error')).toEqual([])
      expect(await engine.state(target)).toBe('absent')
      expect(await engine.releases()).toContain(target.release)
      expect((await engine.health(target)).every(({ ok }) => ok)).toBe(false)
    })

    it('provisions in steps, each of which may be repeated', async () => {
      const first = await provision(engine, target)
      expect(first.some(({ changed }) => changed)).toBe(true)
      const again = await provision(engine, target)
      expect(again.map(({ changed }) => changed)).toEqual(again.map(() => false))
      expect(await engine.state(target)).toBe('running')
    })

    it('is healthy, and the check leaves nothing', async () => {
      const checks = await engine.health(target)
      expect(checks.map(({ name, ok, message }) => [name, ok, message])).toEqual(['status.php', 'sign-in', 'dav-write', 'dav-read', 'clean-up'].map((check) => [check, true, undefined]))
      expect((await engine.accounts(target)).map(({ userId }) => userId)).toEqual([target.administrator])
    })

    it('has the first administrator, who signs in with an app password', async () => {
      expect((await engine.accounts(target))[0]).toMatchObject({ userId: target.administrator, email: target.owner.email, enabled: true, administrator: true })
      administrator = await signIn(engine, target, target.administrator)
      expect(await ocs(engine, target, administrator, { method: 'GET', path: 'users' })).toEqual({ http: 200, code: 200 })
      expect(await administrator.put('hello.txt', 'hello')).toBe(201)
      expect(await code(engine.createAppPassword(target, 'nobody', 'x'))).toBe('not-found')
    })

    it('invites people by a link that answers', async () => {
      const first = await invite('ann')
      const second = await invite('ann')
      expect(second.link).not.toBe(first.link)
      const page = await ask({ url: engine.address(target).url, user: '', password: '' }, 'GET', pathOfLink(engine, target, second.link), { as: false })
      expect(page.status).toBe(200)
      expect((await engine.accounts(target)).find(({ userId }) => userId === 'ann')).toMatchObject({ displayName: 'Person ann', email: 'ann@example.org', enabled: true, administrator: false })
    })

    it('lets people choose their password by the newest link, once', async () => {
      const inviteOwner = () => engine.invite(target, { userId: target.administrator, displayName: target.owner.name, email: target.owner.email, locale: 'fr' })
      const [earlier, newest] = [await inviteOwner(), await inviteOwner()]
      owner = person(engine, target, { userId: target.administrator, password: 'Camille-Passwort-1729' })
      expect(await choosePassword(engine, target, earlier.link, owner.password)).toMatchObject({ status: 'error' })
      expect(await choosePassword(engine, target, newest.link, owner.password)).toMatchObject({ status: 'success', user: owner.userId })
      expect((await ocs(engine, target, owner, { method: 'GET', path: 'user' })).http).toBe(200)
      expect(await choosePassword(engine, target, newest.link, 'Another-Passwort-1729')).toMatchObject({ status: 'error' })
    })

    it('keeps to the cap, and sees when Nextcloud is led around it', async () => {
      await invite('bob')
      await invite('cleo')
      expect(await code(invite('dora'))).toBe('no-room')
      expect((await engine.accounts(target)).length).toBe(target.accountCap)
      const create = { method: 'POST', path: 'users', form: { userid: 'dora', password: 'Dora-Passwort-1729' } }
      expect((await ocs(engine, target, owner, create)).code).toBe(107)
      expect((await ocs(engine, target, owner, { method: 'PUT', path: 'users/ann/disable' })).code).toBe(200)
      expect((await ocs(engine, target, owner, create)).code).toBe(200)
      const answer = await ocs(engine, target, owner, { method: 'PUT', path: 'users/ann/enable' })
      const enabled = async () => (await engine.accounts(target)).filter((account) => account.enabled).length
      // Up to 32 only creation asks for the cap; 34 asks at enabling too.
      const led = since(majorOf(target.release), { 28: true, 34: false })
      expect({ ...answer, enabled: await enabled() }).toEqual(led ? { http: 200, code: 200, enabled: target.accountCap + 1 } : { http: 500, code: 996, enabled: target.accountCap })
      expect(await code(engine.setAccountEnabled(target, 'ann', true))).toBe(led ? 'no error' : 'no-room')
      target = { ...target, accountCap: target.accountCap + 1 }
      await engine.ensureLimits(target)
      await engine.setAccountEnabled(target, 'ann', true)
      expect(await enabled()).toBe(target.accountCap)
    })

    it('sees at once what people change through the web', async () => {
      const bob = async () => (await engine.accounts(target)).find(({ userId }) => userId === 'bob')
      const change = async (key: string, value: string) => expect((await ocs(engine, target, owner, { method: 'PUT', path: 'users/bob', form: { key, value } })).code).toBe(200)
      await engine.setQuotas(target, new Map([['bob', 2_000_000]]))
      expect(await bob()).toMatchObject({ enabled: true, quotaBytes: 2_000_000, displayName: 'Person bob' })
      expect((await ocs(engine, target, owner, { method: 'PUT', path: 'users/bob/disable' })).code).toBe(200)
      await change('quota', '3 MB')
      await change('display', 'Robert')
      await change('email', 'robert@example.org')
      expect(await bob()).toMatchObject({ enabled: false, quotaBytes: 3 * 2 ** 20, displayName: 'Robert', email: 'robert@example.org' })
      await engine.setAccountEnabled(target, 'bob', true)
      expect(await engine.setQuotas(target, new Map([['bob', 2_000_000]]))).toBe(1)
      expect(await bob()).toMatchObject({ enabled: true, quotaBytes: 2_000_000 })
    })

    it('disables and enables accounts', async () => {
      const dora = await signIn(engine, target, 'dora')
      expect((await ocs(engine, target, dora, { method: 'GET', path: 'user' })).http).toBe(200)
      await engine.setAccountEnabled(target, 'dora', false)
      await engine.setAccountEnabled(target, 'dora', false)
      expect((await ocs(engine, target, dora, { method: 'GET', path: 'user' })).http).toBe(401)
      expect([401, 503]).toContain((await dora.dav('PROPFIND', '')).status)
      expect((await engine.accounts(target)).find(({ userId }) => userId === 'dora')?.enabled).toBe(false)
      await engine.setAccountEnabled(target, 'dora', true)
      expect((await ocs(engine, target, await signIn(engine, target, 'dora'), { method: 'GET', path: 'user' })).http).toBe(200)
      expect(await code(engine.setAccountEnabled(target, 'nobody', false))).toBe('not-found')
    })

    it('sets quotas, writing only what differs', async () => {
      const ann = await signIn(engine, target, 'ann')
      expect(await engine.setQuotas(target, new Map([['ann', 1_000_000], ['bob', 0]]))).toBe(2)
      expect(await engine.setQuotas(target, new Map([['ann', 1_000_000], ['bob', 0]]))).toBe(0)
      expect((await engine.accounts(target)).map(({ userId, quotaBytes }) => [userId, quotaBytes])).toEqual(expect.arrayContaining([['ann', 1_000_000], ['bob', 0], ['cleo', undefined]]))
      expect(await ann.put('fits.bin', bytes(900_000))).toBe(201)
      expect(await ann.put('too-much.bin', bytes(200_000))).toBe(507)
      expect((await ann.dav('GET', 'fits.bin')).bytes.length).toBe(900_000)
      for (const full of [900_000, 500_000]) {
        await engine.setQuotas(target, new Map([['ann', full]]))
        expect(await ann.put('more.bin', bytes(2))).toBe(507)
        // One byte is what 34 finds free, and refuses with another word.
        expect(await ann.put('more.bin', bytes(1))).toBe(since(majorOf(target.release), { 28: 507, 34: 413 }))
        expect((await ann.dav('GET', 'fits.bin')).bytes.length).toBe(900_000)
        expect(await engine.setQuotas(target, new Map([['ann', full]]))).toBe(0)
      }
      const bob = await signIn(engine, target, 'bob')
      expect(await bob.put('x.txt', 'xx')).toBe(507)
      expect(await engine.setQuotas(target, new Map([['bob', 5_000_000]]))).toBe(1)
      expect(await bob.put('x.txt', 'x')).toBe(201)
    })

    it('measures files, versions and trash', async () => {
      const cleo = await signIn(engine, target, 'cleo')
      const near = (value: number | undefined, wanted: number): void => {
        expect(value).toBeGreaterThanOrEqual(wanted)
        expect(value).toBeLessThan(wanted + 20_000)
      }
      await cleo.put('doc.bin', bytes(300_000), { 'x-oc-mtime': '1600000000' })
      await cleo.put('doc.bin', bytes(400_000), { 'x-oc-mtime': '1700000000' })
      await cleo.put('gone.bin', bytes(200_000))
      expect((await cleo.dav('DELETE', 'gone.bin')).status).toBe(204)
      const usage = await usageOf(cleo)
      near(usage?.filesBytes, 400_000)
      near(usage?.versionsBytes, 300_000)
      near(usage?.trashBytes, 200_000)
      const all = await engine.usage(target)
      const sum = all.accounts.reduce((total, one) => total + one.filesBytes + one.versionsBytes + one.trashBytes + one.otherBytes, all.appDataBytes)
      expect(all.totalBytes).toBeGreaterThanOrEqual(sum)
    })

    it('says which spaces were written to', async () => {
      const { changed, token } = await engine.changedSince([target], undefined)
      expect(changed).toEqual([target.uid])
      const quiet = await engine.changedSince([target], token)
      expect(quiet.changed).toEqual([])
      await administrator.put('news.txt', 'news')
      const after = await engine.changedSince([target], quiet.token)
      expect(after.changed).toEqual([target.uid])
      expect((await engine.changedSince([target], 'not a token')).changed).toEqual([target.uid])
    })

    it('runs background jobs', async () => {
      await expect(engine.runJobs(target)).resolves.toBeUndefined()
      await engine.rest(target)
      expect((await administrator.dav('GET', 'hello.txt')).status).toBe(200)
    })

    it('suspends and resumes', async () => {
      await engine.suspend(target)
      await engine.suspend(target)
      expect(await engine.state(target)).toBe('suspended')
      const shut = await administrator.dav('GET', 'hello.txt')
      expect(shut.status).toBe(503)
      await engine.runJobs(target)
      expect((await engine.accounts(target)).map(({ userId }) => userId)).toContain('ann')
      expect((await engine.usage(target)).accounts.length).toBeGreaterThan(0)
      expect(await engine.state(target)).toBe('suspended')
      await engine.resume(target)
      await engine.resume(target)
      expect(await engine.state(target)).toBe('running')
      expect((await administrator.dav('GET', 'hello.txt')).text).toBe('hello')
    })

    it('lets limits follow the plan', async () => {
      const larger = { ...target, poolBytes: target.poolBytes * 2, accountCap: target.accountCap + 3 }
      expect((await engine.ensureLimits(larger)).changed).toBe(true)
      expect((await engine.ensureLimits(larger)).changed).toBe(false)
      expect((await engine.invite(larger, { userId: 'eve', displayName: 'Eve', email: 'eve@example.org', locale: 'fr' })).userId).toBe('eve')
      target = larger
    })

    it('is restored from a backup as another space: files, times, passwords', async () => {
      await administrator.put('deep.txt', 'deep', { 'x-oc-mtime': '1500000000' })
      await administrator.dav('MKCOL', 'folder')
      await administrator.put(`folder/${encodeURIComponent('été & co.txt')}`, 'summer', { 'x-oc-mtime': '1400000000' })
      const before = await snapshot(engine, target, administrator)
      const directory = await mkdtemp(join(tmpdir(), 'chaton-backup-'))
      await engine.backup(target, directory)
      expect(await administrator.put('after.txt', 'the space goes on after a backup')).toBe(201)
      await engine.remove(target)
      target = made.newTarget({ slug: target.slug, poolBytes: target.poolBytes, accountCap: target.accountCap, administrator: target.administrator })
      await engine.restore(target, directory)
      await engine.ensureSite(target)
      await rm(directory, { recursive: true, force: true })
      const same = person(engine, target, administrator)
      expect(await snapshot(engine, target, same)).toEqual(before)
      expect((await ocs(engine, target, owner, { method: 'GET', path: 'user' })).http).toBe(200)
      expect(Object.keys(before).length).toBeGreaterThanOrEqual(4)
      expect((await engine.accounts(target)).map(({ userId }) => userId)).toEqual(expect.arrayContaining(['ann', 'bob', 'cleo', 'dora', 'eve', target.administrator]))
      expect((await engine.health(target)).map(({ ok }) => ok)).toEqual([true, true, true, true, true])
      expect(await code(engine.restore(target, directory))).not.toBe('no error')
    })

    it('removes everything, as often as asked', async () => {
      const { url } = engine.address(target)
      const orphan = await engine.leftovers([])
      expect(orphan.length).toBeGreaterThan(0)
      expect(await engine.leftovers([target])).toEqual([])
      await engine.remove(target)
      await engine.remove(target)
      expect(await engine.state(target)).toBe('absent')
      expect(await engine.leftovers([])).toEqual([])
      const answer = await fetch(`${url}/status.php`).then((response) => response.status, () => 'no answer')
      expect(answer).not.toBe(200)
      expect(await code(engine.accounts(target))).not.toBe('no error')
    })

    it('starts anew under the same slug, sharing nothing with the one before', async () => {
      target = made.newTarget({ slug: target.slug })
      await provision(engine, target)
      expect((await engine.accounts(target)).map(({ userId }) => userId)).toEqual([target.administrator])
      const fresh = await signIn(engine, target, target.administrator)
      expect((await fresh.dav('GET', 'hello.txt')).status).toBe(404)
      expect((await person(engine, target, administrator).dav('GET', 'hello.txt')).status).toBe(401)
    })

    it('has the pool as a hard limit where it says so', async () => {
      if (!(await engine.hardLimit())) return
      const who = await signIn(engine, target, target.administrator)
      const part = bytes(Math.ceil(target.poolBytes / 8))
      const statuses: number[] = []
      for (let count = 0; count < 10; count += 1) {
        statuses.push(await who.put(`part-${count}.bin`, part))
        if (count % 2 === 0) await who.dav('DELETE', `part-${count}.bin`)
      }
      expect(statuses.slice(0, 4)).toEqual([201, 201, 201, 201])
      expect(statuses.at(-1)).toBeGreaterThanOrEqual(500)
      expect((await engine.usage(target)).totalBytes).toBeLessThanOrEqual(target.poolBytes)
      expect((await who.dav('GET', 'part-1.bin')).bytes.length).toBe(part.length)
      expect((await who.dav('DELETE', 'part-1.bin', { headers: { 'x-nc-skip-trashbin': 'true' } })).status).toBe(204)
    })
  })
}
