import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCli, startCli, type Ended } from '../support/cli.ts'
import { releasesHere, whyNoHostEngine } from './support/machine.ts'
import { openMailCatcher, type MailCatcher } from '../support/mail-catcher.ts'

/**
 * `kill -9` at random instants of a provision, each followed by a second run: good spaces, one mail each (a second copy
 * carries the same Message-ID), and nothing left over.
 */
const kills = Number(process.env['CHATON_TEST_KILLS'] ?? '50')
const reason = await whyNoHostEngine()
const release = releasesHere().at(-1)

let mails: MailCatcher
let state: string
let env: Record<string, string>

const slugOf = (turn: number): string => `kill-${String(turn).padStart(2, '0')}`

beforeAll(async () => {
  if (reason !== undefined) return
  mails = await openMailCatcher()
  state = mkdtempSync(join(tmpdir(), 'chaton-kill-'))
  execFileSync('chmod', ['0755', state])
  env = {
    CHATON_ENGINE: 'host',
    CHATON_STATE_DIRECTORY: state,
    CHATON_WEB_FIRST_PORT: '26100',
    ...mails.settings,
    CHATON_DOMAIN: 'hote.example',
    CHATON_RELEASES_DEFAULT: release ?? '',
    CHATON_VOLUMES_OVER_COMMIT: '100',
  }
  mkdirSync(join(state, 'manifests'))
})

afterAll(async () => {
  if (reason !== undefined) return
  for (let turn = 0; turn <= kills; turn++) await remove(turn)
  await mails[Symbol.asyncDispose]()
  rmSync(state, { recursive: true, force: true })
})

function manifestOf(turn: number): string {
  const file = join(state, 'manifests', `${slugOf(turn)}.yaml`)
  writeFileSync(
    file,
    `apiVersion: chaton.hosting/v1alpha1
kind: Space
metadata: { name: ${slugOf(turn)} }
spec: { title: Essai ${turn}, plan: tiny, owner: { name: Personne ${turn}, email: personne-${turn}@essai.example } }
`,
  )
  return file
}

async function provisionWhole(turn: number): Promise<Ended> {
  const ended = await runCli(['provision', manifestOf(turn), '--json'], env)
  expect(ended.exitCode, `${slugOf(turn)}: ${ended.stdout}${ended.stderr}`).toBe(0)
  return ended
}

const remove = async (turn: number): Promise<Ended> => await runCli(['space', 'delete', slugOf(turn), '--confirm', slugOf(turn), '--no-backup'], env)

const mostTries = 20

/**
 * A provision that is killed at a random instant within so many milliseconds. One that ends before is undone and begun again,
 * within the time it took. Answers within what the last one was killed.
 */
async function provisionKilled(turn: number, milliseconds: number): Promise<number> {
  let within = milliseconds
  for (let tries = 0; tries < mostTries; tries++) {
    const before = mails.caught.length
    const began = performance.now()
    const run = startCli(['provision', manifestOf(turn), '--json'], env)
    const timer = setTimeout(() => run.child.kill('SIGKILL'), Math.random() * within)
    const { signal } = await run.ended
    clearTimeout(timer)
    if (signal === 'SIGKILL') return within
    within = Math.min(within, performance.now() - began)
    await remove(turn)
    mails.forgetAfter(before)
  }
  throw new Error(`${mostTries} provisions ended before they could be killed`)
}

/** Lines of a program's output that speak of this test's spaces. */
function ours(command: string, args: readonly string[]): string[] {
  return execFileSync(command, [...args], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('ch-kill-'))
}

const databases = (): string[] => ours('runuser', ['-u', 'postgres', '--', 'psql', '-Atc', "select datname from pg_database where datname like 'ch-kill-%'"])
const roles = (): string[] => ours('runuser', ['-u', 'postgres', '--', 'psql', '-Atc', "select rolname from pg_roles where rolname like 'ch-kill-%'"])
const users = (): string[] => ours('getent', ['passwd'])
const groups = (): string[] => ours('getent', ['group'])
const masters = (): string[] => ours('ps', ['-eo', 'args']).filter((line) => line.startsWith('php-fpm: master'))
const below = (folder: string): string[] => (existsSync(join(state, folder)) ? readdirSync(join(state, folder)).filter((name) => name.startsWith('ch-kill-')) : [])

describe.skipIf(reason !== undefined)(`kill -9 at random instants of a provision${reason === undefined ? ` (${kills} times on ${release ?? ''})` : `: skipped, ${reason}`}`, () => {
  test(
    'leaves, after a second run, one good space each, one mail each and no debris',
    async () => {
      const began = performance.now()
      await provisionWhole(0)
      const warm = performance.now()
      await remove(0)
      await provisionWhole(0)
      let within = performance.now() - warm
      console.log(`first provision ${Math.round(warm - began)} ms (with the golden space); kills fall within ${Math.round(within)} ms`)
      mails.forgetAfter(0)

      for (let turn = 1; turn <= kills; turn++) {
        within = await provisionKilled(turn, within)
        await provisionWhole(turn)
      }
      console.log(`${kills} were killed, the last within ${Math.round(within)} ms; ${mails.caught.length} mails arrived`)

      const ids = new Map<string, Set<string>>()
      for (const { to, messageId } of mails.caught) ids.set(to, (ids.get(to) ?? new Set()).add(messageId))
      expect(ids.size).toBe(kills)
      for (const [to, messageIds] of ids) expect(messageIds.size, `Message-IDs of ${to}`).toBe(1)
      const spaces = kills + 1
      expect(databases()).toHaveLength(spaces)
      expect(roles()).toHaveLength(spaces)
      expect(users()).toHaveLength(spaces)
      expect(groups()).toHaveLength(spaces)
      expect(masters()).toHaveLength(spaces)
      expect(below('spaces')).toHaveLength(spaces)
      expect(below('volumes')).toHaveLength(spaces)
    },
    Math.max(300_000, kills * 30_000),
  )

  test(
    'deleting them leaves nothing',
    async () => {
      for (let turn = 0; turn <= kills; turn++) {
        const run = startCli(['space', 'delete', slugOf(turn), '--confirm', slugOf(turn), '--no-backup'], env)
        const timer = setTimeout(() => run.child.kill('SIGKILL'), Math.random() * 1500)
        await run.ended
        clearTimeout(timer)
        const { exitCode, stderr } = await remove(turn)
        expect({ gone: exitCode === 0 || exitCode === 3, exitCode, stderr }).toMatchObject({ gone: true })
      }
      expect([databases(), roles(), users(), groups(), masters(), below('spaces'), below('volumes')]).toEqual([[], [], [], [], [], [], []])
    },
    Math.max(300_000, kills * 10_000),
  )
})
