import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SpaceTarget } from '../../src/engine/contract.ts'
import { run } from '../../src/kit/exec.ts'
import { basicAuth, request } from '../../src/kit/http.ts'
import { targetOfStored } from '../../src/spaces/context.ts'
import { serveOnce } from '../../src/spaces/serve.ts'
import { openHoster, type Hoster } from './support/hoster.ts'
import { lacks, wantedReleases } from './support/machine.ts'

const slug = 'cap'
/** Of the administrator and of the fifth account: newer releases let nobody manage accounts with an app password. */
const password = 'Kahx4ohzeiN6aeL'

const cases = wantedReleases.map((release) => {
  const missing = lacks({ release, postgresql: true, caddy: true })
  return { release, missing, title: `${release}${missing === undefined ? '' : ` (this machine lacks ${missing})`}` }
})

describe.each(cases)('an account cap of 4: Nextcloud $title', ({ release, missing }) => {
  let hoster: Hoster
  let target: SpaceTarget
  beforeAll(async () => {
    if (missing !== undefined) return
    hoster = await openHoster({ golden: false })
    await hoster.provision(slug, release, { storage: '100 MB', accounts: 4 })
    await hoster.accounts(slug, ['anne', 'benoit', 'chloe'])
    target = await targetOfStored(hoster.context, await hoster.space(slug))
    const hash = (await run('php', ['-r', `echo password_hash('${password}', PASSWORD_ARGON2ID);`])).stdout
    await query(`UPDATE oc_users SET password = $1 WHERE uid = $2`, `3|${hash}`, target.administrator)
    await serveOnce(hoster.context, { dryRun: false })
  })
  afterAll(async () => await hoster?.[Symbol.asyncDispose]())

  async function query(sql: string, ...parameters: string[]): Promise<void> {
    const { databases, spaces } = hoster.lab.engine.parts
    const space = await spaces.find(target)
    if (space !== undefined) await databases.query(space, sql, parameters)
  }

  /** What an administrator of the space does in Nextcloud's own pages, over its API. Answers the HTTP status. */
  async function manage(method: string, path: string, body?: Record<string, string>): Promise<number> {
    const { status } = await request(`${hoster.lab.engine.address(target).url}/ocs/v2.php/cloud/users${path}?format=json`, {
      method,
      headers: { authorization: basicAuth(target.administrator, password), 'ocs-apirequest': 'true', 'content-type': 'application/x-www-form-urlencoded' },
      ...(body === undefined ? {} : { body: new URLSearchParams(body).toString() }),
    })
    return status
  }
  /** From 34 on Nextcloud refuses to enable an account above the cap, too; then as another way round it would leave things. */
  async function enable(userId: string): Promise<void> {
    const status = await manage('PUT', `/${userId}/enable`)
    console.log(`${release}: enabling a fifth account in the pages is answered with ${status}`)
    if (status !== 200) await query(`UPDATE oc_preferences SET configvalue = 'true' WHERE userid = $1 AND appid = 'core' AND configkey = 'enabled'`, userId)
  }
  const asDriss = async (method: string, body?: string): Promise<number> =>
    (
      await request(`${hoster.lab.engine.address(target).url}/remote.php/dav/files/driss/notes.md`, {
        method,
        headers: { authorization: basicAuth('driss', password) },
        ...(body === undefined ? {} : { body }),
      })
    ).status

  const enabled = async (): Promise<string[]> => (await hoster.lab.engine.accounts(target)).filter((account) => account.enabled).map(({ userId }) => userId)
  const told = (): typeof hoster.mailer.sent => hoster.mailer.sent.filter(({ messageId }) => messageId.startsWith('<accounts-'))

  it.skipIf(missing !== undefined)('Nextcloud itself refuses a fifth account, but not to one who disables, creates and enables', async () => {
    expect(await manage('POST', '', { userid: 'driss', password })).toBe(400)
    expect(await enabled()).toHaveLength(4)
    expect(await manage('PUT', '/anne/disable')).toBe(200)
    expect(await manage('POST', '', { userid: 'driss', password })).toBe(200)
    await enable('anne')
    expect(await asDriss('PUT', 'mine')).toBe(201)
    expect((await enabled()).toSorted()).toEqual(['admin', 'anne', 'benoit', 'chloe', 'driss'])
  })

  it.skipIf(missing !== undefined)('one round of chaton serve disables the newest, deletes nothing and tells the administrators why', async () => {
    const report = await serveOnce(hoster.context, { dryRun: false })
    expect(report.disabledAccounts).toEqual([{ slug, userIds: ['driss'] }])
    expect(report.failures).toEqual([])
    expect((await enabled()).toSorted()).toEqual(['admin', 'anne', 'benoit', 'chloe'])
    expect((await hoster.lab.engine.accounts(target)).find(({ userId }) => userId === 'admin')).toMatchObject({ administrator: true, enabled: true })
    expect([401, 503]).toContain(await asDriss('GET'))
    expect((await hoster.lab.engine.usage(target)).accounts.find(({ userId }) => userId === 'driss')).toMatchObject({ filesBytes: 4 })
    expect(told()).toHaveLength(1)
    expect(told()[0]).toMatchObject({ to: { address: 'camille@jardin.example' }, text: expect.stringContaining('driss') })
    expect(told()[0]?.text).toMatch(/\b4\b/)
  })

  it.skipIf(missing !== undefined)('the next round changes nothing and tells nobody', async () => {
    const { resourceVersion } = (await hoster.space(slug)).metadata
    const before = { mails: hoster.mailer.sent.length, accounts: await hoster.lab.engine.accounts(target) }
    expect(await serveOnce(hoster.context, { dryRun: false })).toMatchObject({ disabledAccounts: [], quotasWritten: 0, restarted: [], updated: [], failures: [] })
    expect({ mails: hoster.mailer.sent.length, accounts: await hoster.lab.engine.accounts(target) }).toEqual(before)
    expect((await hoster.space(slug)).metadata.resourceVersion).toBe(resourceVersion)
  })

  it.skipIf(missing !== undefined)('enabled again in the pages, it is disabled again, and told anew', async () => {
    await enable('driss')
    expect(await enabled()).toHaveLength(5)
    expect((await serveOnce(hoster.context, { dryRun: false })).disabledAccounts).toEqual([{ slug, userIds: ['driss'] }])
    expect(await enabled()).toHaveLength(4)
    expect(new Set(told().map(({ messageId }) => messageId)).size).toBe(2)
  })
})
