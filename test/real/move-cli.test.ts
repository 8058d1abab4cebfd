import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { caddySites } from '../../src/engine/host/sites/index.ts'
import { systemClock } from '../../src/kit/clock.ts'
import { openSecretFile } from '../../src/kit/secrets-file.ts'
import { choosePassword, provision } from '../conformance/engine-steps.ts'
import { agendaOf, makeFolder, remove, treeOf, works, write, writeAgenda, type Person } from '../e2e/support/moving.ts'
import { agreeTo } from '../support/agreeing.ts'
import { runCli, startCli } from '../support/cli.ts'
import { agreeInBrowser } from './support/agree.ts'
import { openLab, type Lab } from './support/host.ts'
import { lacks } from './support/machine.ts'

/** The command line moves an account between two real Nextclouds: sign-in by browser on both sides, report signed, signed out. */

const [from, to] = ['32.0.1', '34.0.1'] as const
const missing = lacks({ release: from, postgresql: true, caddy: true }) ?? lacks({ release: to, postgresql: true, caddy: true })
const firstPort = 34_600

interface Done {
  readonly move: string
  readonly publicKey: string
  readonly files: Readonly<Record<'json' | 'fr' | 'en', string>>
  readonly report: { readonly kinds: readonly { readonly name: string; readonly moved: number; readonly state: string }[] }
}

describe.skipIf(missing !== undefined)(`chaton move run, ${from} to ${to}${missing === undefined ? '' : ` (this machine lacks ${missing})`}`, () => {
  let lab: Lab
  let old: Person
  let other: Person
  let state: string

  async function person(release: string, port: number): Promise<Person> {
    const target = lab.target({ release, port, poolBytes: 500_000_000 })
    await provision(lab.engine, target)
    const { url } = lab.engine.address(target)
    const account = { url, user: 'lou', password: 'Mot-de-passe-1729-long' }
    const { link } = await lab.engine.invite(target, { userId: account.user, displayName: 'Lou', email: 'lou@example.org', locale: 'fr' })
    expect(await choosePassword(lab.engine, target, link, account.password)).toMatchObject({ status: 'success' })
    const headers = { authorization: `Basic ${Buffer.from(`${account.user}:${account.password}`).toString('base64')}` }
    const lou = { ...account, headers }
    for (const path of Object.keys(await treeOf(lou))) if (!path.includes('/')) await remove(lou, path)
    return lou
  }

  beforeAll(async () => {
    lab = await openLab({}, { sites: (supervisor, config) => caddySites({ config, supervisor, clock: systemClock }) })
    state = mkdtempSync(join(tmpdir(), 'chaton-mover-'))
    old = await person(from, firstPort)
    other = await person(to, firstPort + 1)
    await makeFolder(old, 'Été')
    await write(old, 'Été/plage & mer.txt', 'le sable')
    await write(old, 'zéro', '')
    await writeAgenda(old)
    for (let index = 0; index < 12; index++) await write(old, `note ${index}.txt`, `note ${index}`, 1_600_000_000 + index)
  })
  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]()
    rmSync(state, { recursive: true, force: true })
  })

  const env = (): Record<string, string> => ({ CHATON_STATE_DIRECTORY: state })
  const kept = async (move: string): Promise<boolean[]> => {
    const secrets = openSecretFile({ directory: state })
    const [source, destination] = [await secrets.get(`move/${move}/source/app-password`), await secrets.get(`move/${move}/destination/app-password`)]
    return [await works(old, source), await works(other, destination)]
  }

  test('signs in by browser on both sides, carries, checks; both app passwords work until the move ends', async () => {
    const run = startCli(['move', 'run', '--from', old.url, '--to', other.url, '--json', '--keep-open'], env())
    const { sides } = agreeTo(run, async ({ side, login }) => {
      const { url, user, password } = side === 'source' ? old : other
      await agreeInBrowser(url, login, { user, password })
    })
    const first = await run.ended
    const { stdout, stderr } = first
    expect(first).toMatchObject({ exitCode: 0 })
    expect(sides).toEqual(['source', 'destination'])
    const { move, report } = JSON.parse(stdout) as Done
    expect(await treeOf(other)).toEqual(await treeOf(old))
    expect(report.kinds.find(({ name }) => name === 'files')).toMatchObject({ moved: 15, state: 'moved' })
    expect(await agendaOf(other)).toEqual(await agendaOf(old))
    expect(await agendaOf(other)).toEqual({ calendar: 'Le jardin', event: expect.stringContaining('SUMMARY:Récolte'), contact: expect.stringContaining('Dominique Martin') })

    const secrets = openSecretFile({ directory: state })
    const passwords = [await secrets.get(`move/${move}/source/app-password`), await secrets.get(`move/${move}/destination/app-password`)] as const
    expect(await kept(move)).toEqual([true, true])
    const folder = join(state, 'moves', move)
    const written = [stdout, stderr, ...readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'))].join('\n')
    for (const password of passwords) expect(written).not.toContain(password)

    await write(old, 'plus tard.txt', 'arrivé pendant la copie')
    const ended = await runCli(['move', 'run', '--json'], env())
    expect(ended).toMatchObject({ exitCode: 0 })
    const result = JSON.parse(ended.stdout) as Done
    expect(result).toMatchObject({ move, phase: 'done', whole: true, signedOut: { source: 'revoked', destination: 'revoked' }, report: { verification: 'passed' } })
    expect(await treeOf(other)).toEqual(await treeOf(old))
    expect([await works(old, passwords[0]), await works(other, passwords[1])]).toEqual([false, false])
    for (const file of Object.values(result.files)) {
      expect((await runCli(['move', 'report', '--check', file, '--key', result.publicKey], env())).stdout).toMatch(/✓ .* is as it was signed[\s\S]*✓ That is the key that you gave/)
    }
  })
})
