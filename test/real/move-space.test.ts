import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { choosePasswordAt } from '../conformance/engine-steps.ts'
import { agendaOf, makeFolder, treeOf, write, writeAgenda, type Person } from '../e2e/support/moving.ts'
import { runCli, startCli, type Ended } from '../support/cli.ts'
import { lacks } from './support/machine.ts'

/** A collective of one space moves to another one on another release, by the command line: killed in the middle, run again. */

const [from, to] = ['32.0.1', '34.0.1'] as const
const missing = lacks({ release: from, postgresql: true, caddy: true }) ?? lacks({ release: to, postgresql: true, caddy: true })
const firstPort = '36550'
const people = ['lou', 'camille', 'dominique', 'sasha']
const password = 'Mot-de-passe-1729-long'

interface Account {
  readonly from: string
  readonly to: string
  readonly state: string
  readonly whole?: boolean
  readonly report?: { readonly json: string }
  readonly created: boolean
}
interface Done {
  readonly report: { readonly accounts: readonly Account[]; readonly left: readonly { readonly userId: string }[]; readonly groups: readonly string[]; readonly whole: boolean; readonly invitations: readonly { readonly userId: string; readonly link: string }[] }
}

describe.skipIf(missing !== undefined)(`chaton move space, ${from} to ${to}${missing === undefined ? '' : ` (this machine lacks ${missing})`}`, () => {
  let state: string
  let env: Record<string, string>
  const urls = new Map<string, string>()
  const admins = new Map<string, string>()
  const chaton = async (...args: readonly string[]): Promise<Ended> => await runCli(args, env)
  const well = async (...args: readonly string[]): Promise<string> => {
    const ended = await chaton(...args)
    expect(ended.exitCode, `${args.join(' ')}: ${ended.stdout}${ended.stderr}`).toBe(0)
    return ended.stdout
  }
  const groupsOf = async (slug: string): Promise<Record<string, string[]>> => JSON.parse(await well('space', 'occ', slug, '--', 'group:list', '--output=json')) as Record<string, string[]>
  const person = (slug: string, user: string): Person => ({ url: urls.get(slug) ?? '', user, password, headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` } })
  const choose = async (link: string, slug: string): Promise<void> => {
    const { pathname } = new URL(link)
    expect(await choosePasswordAt(urls.get(slug) ?? '', pathname, password)).toMatchObject({ status: 'success' })
  }

  async function ocs(slug: string, user: string, path: string, form?: Readonly<Record<string, string>>): Promise<{ data: readonly { path: string; share_with: string; permissions: number; uid_owner: string }[] }> {
    const { url, headers } = person(slug, user)
    const answer = await fetch(`${url}/ocs/v2.php/apps/files_sharing/api/v1/shares${path}`, {
      headers: { ...headers, 'ocs-apirequest': 'true', accept: 'application/json' },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams({ ...form }) }),
    })
    expect(answer.status).toBe(200)
    return ((await answer.json()) as { ocs: { data: readonly { path: string; share_with: string; permissions: number; uid_owner: string }[] } }).ocs
  }
  const share = async (user: string, form: Readonly<Record<string, string>>): Promise<unknown> => await ocs('ancien', user, '', form)
  const sharesOf = async (slug: string, user: string, path = ''): Promise<string[]> => (await ocs(slug, user, path)).data.map((one) => `${one.uid_owner} ${one.path} ${one.share_with} ${one.permissions}`).toSorted()

  function planFile(name: string, accounts: number): string {
    const file = join(state, `${name}.yaml`)
    const plan = readFileSync('fixtures/plans/tiny.yaml', 'utf8').replace('name: tiny', `name: ${name}`).replace('50 MB\n', '500 MB\n').replace('accounts: 5', `accounts: ${accounts}`)
    writeFileSync(file, plan)
    return file
  }

  async function space(slug: string, release: string, plan: string): Promise<void> {
    const file = join(state, `${slug}.yaml`)
    const spec = `{ title: Le collectif, plan: ${plan}, release: ${release}, owner: { name: Charlie, email: charlie@collectif.example } }`
    writeFileSync(file, `apiVersion: chaton.hosting/v1alpha1\nkind: Space\nmetadata: { name: ${slug} }\nspec: ${spec}\n`)
    const { status, signIn } = JSON.parse(await well('provision', file, '--json')) as { status: { url: string }; signIn: { user: string; link: string } }
    urls.set(slug, status.url)
    admins.set(slug, signIn.user)
    await choose(signIn.link, slug)
  }

  beforeAll(async () => {
    state = mkdtempSync(join(tmpdir(), 'chaton-space-move-'))
    chmodSync(state, 0o755)
    env = { CHATON_ENGINE: 'host', CHATON_STATE_DIRECTORY: join(state, 'state'), CHATON_WEB_FIRST_PORT: firstPort, CHATON_DOMAIN: 'hote.example', CHATON_VOLUMES_OVER_COMMIT: '100', CHATON_GOLDEN: 'false' }
    mkdirSync(join(state, 'state'), { mode: 0o711 })
    for (const [name, accounts] of [['few', 3], ['enough', 10]] as const) await well('plan', 'apply', planFile(name, accounts))
    await space('ancien', from, 'enough')
    await space('nouveau', to, 'few')
    for (const [index, user] of people.entries()) {
      const { link } = JSON.parse(await well('account', 'invite', 'ancien', `${user}@collectif.example`, '--user', user, '--name', `${user} Martin`, '--json')) as { link: string }
      await choose(link, 'ancien')
      const own = person('ancien', user)
      await makeFolder(own, 'Été')
      for (let file = 0; file <= index * 3; file++) await write(own, `Été/${user} ${file}.txt`, `${user} wrote this ${file}\n`.repeat(10 + file), 1_600_000_000 + file)
      await write(own, 'grand.bin', user.repeat(300_000), 1_500_000_000)
      await writeAgenda(own)
    }
    for (const group of ['Jardin & cuisine', 'bureau']) await well('space', 'occ', 'ancien', '--', 'group:add', group)
    for (const user of ['lou', 'sasha']) await well('space', 'occ', 'ancien', '--', 'group:adduser', 'Jardin & cuisine', user)
    await well('space', 'occ', 'ancien', '--', 'group:adduser', 'bureau', 'camille')
    await share('lou', { path: '/Été', shareType: '0', shareWith: 'camille', permissions: '15' })
    await share('sasha', { path: '/grand.bin', shareType: '1', shareWith: 'Jardin & cuisine', permissions: '17' })
    await well('account', 'disable', 'ancien', 'dominique')
  }, 300_000)
  afterAll(async () => {
    for (const slug of ['ancien', 'nouveau']) await chaton('space', 'delete', slug, '--confirm', slug, '--no-backup')
    rmSync(state, { recursive: true, force: true })
  })

  test('too few accounts there: refused with numbers, nothing written', async () => {
    const { exitCode, stdout } = await chaton('move', 'space', 'ancien', '--to', 'nouveau', '--json')
    expect(exitCode).toBe(7)
    expect(stdout).toContain('has room for 3 accounts: 1 are in use and 3 would come; 1 too many')
    expect(JSON.parse(await well('account', 'list', 'nouveau', '--json'))).toMatchObject({ accounts: [{ userId: 'admin' }] })
    await well('space', 'plan', 'nouveau', 'enough')
    const tried = await well('move', 'space', 'ancien', '--to', 'nouveau', '--dry-run')
    expect(tried).toContain('lou → lou in nouveau')
    expect(tried).toContain('! dominique stays: the account is disabled')
    expect(tried).toContain('1 + 3 of 10 accounts')
  })

  test('killed when one account is there, run again: all trees equal, groups made, nobody still signed in', async () => {
    const first = startCli(['move', 'space', 'ancien', '--to', 'nouveau', '--at-once', '1', '--json'], env)
    const evacuations = join(state, 'state', 'evacuations')
    const someDone = (): boolean => readdirSync(evacuations).some((name) => /"state": "carried"/.test(readFileSync(join(evacuations, name, 'evacuation.json'), 'utf8')))
    await expect.poll(() => { try { return someDone() } catch { return false } }, { timeout: 60_000, interval: 20 }).toBe(true)
    first.child.kill('SIGKILL')
    expect((await first.ended).signal).toBe('SIGKILL')

    const { report } = JSON.parse(await well('move', 'space', 'ancien', '--to', 'nouveau', '--invite', '--json')) as Done
    expect(report).toMatchObject({ whole: true, left: [{ userId: 'dominique' }] })
    const moving = people.filter((user) => user !== 'dominique')
    const told = report.accounts.map(({ from, to, created, state: how }) => `${from} ${to} ${created ? 'new' : 'there'} ${how}`)
    expect(told.toSorted()).toEqual(['admin admin there done', ...moving.map((user) => `${user} ${user} new done`)].toSorted())
    expect(report.invitations.map(({ userId }) => userId).toSorted()).toEqual(moving.toSorted())
    for (const { link } of report.invitations) await choose(link, 'nouveau')
    for (const user of moving) {
      const [old, now] = [person('ancien', user), person('nouveau', user)]
      const tree = await treeOf(old)
      expect(await sharesOf('nouveau', user)).toEqual(await sharesOf('ancien', user))
      expect(await sharesOf('nouveau', user, '?shared_with_me=true')).toEqual(await sharesOf('ancien', user, '?shared_with_me=true'))
      expect(Object.keys(tree).length).toBeGreaterThan(2)
      expect(await treeOf(now)).toEqual(tree)
      expect(await agendaOf(now)).toEqual(await agendaOf(old))
      expect(await agendaOf(now)).toMatchObject({ calendar: 'Le jardin' })
    }
    expect(await sharesOf('nouveau', 'camille', '?shared_with_me=true')).toEqual([expect.stringMatching(/^lou .* camille 15$/)])
    expect(await sharesOf('nouveau', 'lou', '?shared_with_me=true')).toEqual([expect.stringMatching(/^sasha .* Jardin & cuisine 17$/)])
    for (const { report: own } of report.accounts) expect(readFileSync(own?.json ?? '', 'utf8')).not.toContain('was shared with you')
    const { admin: _, ...groups } = await groupsOf('nouveau')
    expect(groups).toEqual({ 'Jardin & cuisine': ['lou', 'sasha'], bureau: ['camille'] })
    for (const slug of ['ancien', 'nouveau']) {
      for (const user of moving) expect(await well('space', 'occ', slug, '--', 'user:auth-tokens:list', user)).not.toContain('chaton (move)')
    }
    const again = JSON.parse(await well('move', 'space', 'ancien', '--to', 'nouveau', '--invite', '--json')) as Done
    expect(again.report).toMatchObject({ whole: true, invitations: [] })
  })

  test.each(['ancien', 'nouveau'])('seen from another machine, the administrator of %s can only list who is there', async (slug) => {
    const far = { CHATON_STATE_DIRECTORY: join(state, 'far'), CHATON_MOVE_FROM_PASSWORD: password }
    const ended = await runCli(['move', 'space', urls.get(slug) ?? '', '--from-user', admins.get(slug) ?? '', '--json'], far)
    expect(ended).toMatchObject({ exitCode: 0 })
    const { people: found } = JSON.parse(ended.stdout) as { people: { accounts: { userId: string; email?: string; enabled: boolean; groups: string[] }[] } }
    expect(found.accounts.find(({ userId }) => userId === 'sasha')).toMatchObject({ email: 'sasha@collectif.example', enabled: true, groups: ['Jardin & cuisine'] })
    expect(found.accounts.find(({ userId }) => userId === 'dominique')?.enabled).toBe(slug === 'ancien' ? false : undefined)
  })
})
