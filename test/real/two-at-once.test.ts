import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Ended } from '../support/cli.ts'
import { openInstallation, type Installation, type Refusal } from './support/installation.ts'
import { openMailCatcher, type MailCatcher } from '../support/mail-catcher.ts'
import { releasesHere, whyNoHostEngine } from './support/machine.ts'

/** Two runs of `chaton provision` that meet, on a real Nextcloud with a real mail server. */
const reason = await whyNoHostEngine()
const release = releasesHere().at(-1) ?? ''

describe.skipIf(reason !== undefined)(`two provisions at once${reason === undefined ? `, Nextcloud ${release}` : `: skipped, ${reason}`}`, () => {
  let mails: MailCatcher
  let here: Installation

  beforeAll(async () => {
    mails = await openMailCatcher()
    here = openInstallation(31_600, { ...mails.settings, CHATON_RELEASES_DEFAULT: release, CHATON_VOLUMES_OVER_COMMIT: '100' })
  })
  afterAll(async () => {
    await here[Symbol.asyncDispose]()
    await mails[Symbol.asyncDispose]()
  })

  const idsOf = (name: string): string[] => [...new Set(mails.caught.filter(({ to }) => to === `${name}@essai.example`).map(({ messageId }) => messageId))]
  /** One of each kind and nothing else; processes are PHP-FPM with its workers, and Redis. */
  const madeFor = (name: string): string[] =>
    here
      .remains()
      .filter((line) => line.includes(`-${name}-`) && !line.startsWith('process'))
      .map((line) => line.split(' ')[0] ?? '')
  const one = ['user', 'group', 'database', 'role', 'file', 'file', 'file']
  const mastersFor = (name: string): number => here.remains().filter((line) => line.includes('php-fpm: master') && line.includes(`-${name}-`)).length

  async function together(first: string, second: string, pauseMs: number): Promise<Ended[]> {
    const runs = [here.start('provision', first, '--json')]
    await delay(pauseMs)
    runs.push(here.start('provision', second, '--json'))
    return await Promise.all(runs.map(async (run) => await run.ended))
  }

  test('two slugs, on a machine that has not even a golden space yet: both are made', async () => {
    const ended = await together(here.manifest('un'), here.manifest('deux'), 0)

    expect(ended.map(({ exitCode, stdout, stderr }) => [exitCode, exitCode === 0 ? '' : stdout + stderr])).toEqual([[0, ''], [0, '']])
    for (const name of ['un', 'deux']) {
      expect([madeFor(name), mastersFor(name), idsOf(name).length]).toEqual([one, 1, 1])
    }
    const ports = ended.map(({ stdout }) => (JSON.parse(stdout) as { status: { url: string } }).status.url)
    expect(new Set(ports).size).toBe(2)
    for (const url of ports) expect((await fetch(`${url}/status.php`)).status).toBe(200)
  })

  test('a command ends when it is done: it does not wait for the PHP that it kept ready', async () => {
    const began = performance.now()
    await here.json('account', 'list', here.slug('un'))
    // Left to itself, that PHP ends three seconds after the last question.
    expect(performance.now() - began).toBeLessThan(3000)
  })

  test.each([0, 150, 800])('one slug, the second run %i ms after the first: one space, one mail, and the other run is told', async (pauseMs) => {
    const name = `meme-${pauseMs}`
    const file = here.manifest(name)
    const ended = await together(file, file, pauseMs)

    const done = ended.filter(({ exitCode }) => exitCode === 0)
    const refused = ended.filter(({ exitCode }) => exitCode !== 0).map(({ stdout }) => (JSON.parse(stdout) as { error: Refusal }).error)
    expect(done.length).toBeGreaterThanOrEqual(1)
    expect(refused).toEqual(refused.map(() => expect.objectContaining({ code: 'conflict', exitCode: 4, retryable: true })))
    expect((await here.slugs()).filter((slug) => slug === here.slug(name))).toHaveLength(1)
    expect([madeFor(name), mastersFor(name)]).toEqual([one, 1])
    expect(mails.caught.filter(({ to }) => to === `${name}@essai.example`)).toHaveLength(1)

    const again = await here.json<{ action: string; metadata: { name: string } }>('provision', file)
    expect([again.metadata.name, again.action, idsOf(name).length]).toEqual([here.slug(name), 'keep', 1])
  })

  test('one slug, for two different people: one has it, the other is told and gets no mail', async () => {
    const ended = await together(here.manifest('nous', 'plan: tiny', 'ada'), here.manifest('nous', 'plan: tiny', 'bea'), 0)

    expect(ended.map(({ exitCode }) => exitCode).toSorted((x, y) => (x ?? 0) - (y ?? 0))).toEqual([0, 4])
    const [winner, loser] = ended[0]?.exitCode === 0 ? ['ada', 'bea'] : ['bea', 'ada']
    expect([idsOf(winner ?? '').length, idsOf(loser ?? '').length, madeFor('nous')]).toEqual([1, 0, one])
    const refused = await here.refusal(4, 'provision', here.manifest('nous', 'plan: tiny', loser))
    expect(refused.message).toContain('is taken')
  })

  test('deleting them leaves nothing', async () => {
    for (const slug of await here.slugs()) await here.json('space', 'delete', slug, '--confirm', slug, '--no-backup')
    expect(here.remains()).toEqual([])
  })
})
