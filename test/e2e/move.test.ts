import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { agreeTo } from '../support/agreeing.ts'
import type { RunningCli } from '../support/cli.ts'
import { hasPty, startOnTerminal, type OnTerminal } from '../support/pty.ts'
import { slowServer } from '../support/slow-server.ts'
import { agendaOf, makeFolder, remove, treeOf, twoSandboxes, works, write, writeAgenda, type Moving, type Person } from './support/moving.ts'

/** A person moves with nothing but two addresses and two sign-ins. */

let moving: Moving
const names = ['lisez moi.txt', 'Été/plage & mer.txt', 'Été/loin/0', 'a+b #c%.txt']

beforeAll(async () => {
  moving = await twoSandboxes()
})
afterAll(async () => {
  await moving.close()
})
beforeEach(async () => {
  await makeFolder(moving.old, 'Été')
  await makeFolder(moving.old, 'Été/loin')
  for (const [index, name] of names.entries()) await write(moving.old, name, `contenu ${index}`, 1_600_000_000 + index)
})
afterEach(async () => {
  for (const person of [moving.old, moving.new]) for (const path of Object.keys(await treeOf(person))) if (!path.includes('/')) await remove(person, path)
})

interface Done {
  readonly move: string
  readonly phase: string
  readonly whole: boolean
  readonly publicKey: string
  readonly files: Readonly<Record<'json' | 'fr' | 'en', string>>
  readonly signedOut: Readonly<Record<'source' | 'destination', string>>
  readonly report: { readonly kinds: readonly { readonly name: string; readonly moved: number; readonly alreadyThere: number }[]; readonly verification: string }
}

const done = (stdout: string): Done => JSON.parse(stdout) as Done
const filesOf = ({ report }: Done) => report.kinds.find(({ name }) => name === 'files')

const agreeing = (run: RunningCli): { readonly sides: readonly string[] } =>
  agreeTo(run, async ({ side, login }) => {
    const { user, password } = side === 'source' ? moving.old : moving.new
    await fetch(login, { method: 'POST', body: new URLSearchParams({ user, password }) })
  })

describe('a move by browser', () => {
  test('asks for two sign-ins, carries all, checks, signs its report, signs out', async () => {
    await writeAgenda(moving.old)
    const run = moving.start(['move', 'run', '--from', moving.old.url, '--to', moving.new.url, '--json'])
    const { sides } = agreeing(run)

    const ended = await run.ended
    const { stdout } = ended

    expect(ended).toMatchObject({ exitCode: 0 })
    expect(sides).toEqual(['source', 'destination'])
    const result = done(stdout)
    expect(result).toMatchObject({ phase: 'done', whole: true, signedOut: { source: 'revoked', destination: 'revoked' }, report: { verification: 'passed' } })
    expect(await treeOf(moving.new)).toEqual(await treeOf(moving.old))
    expect(Object.keys(await treeOf(moving.new))).toHaveLength(6)
    expect(await agendaOf(moving.new)).toEqual(await agendaOf(moving.old))
    expect(await agendaOf(moving.new)).toEqual({ calendar: 'Le jardin', event: expect.stringContaining('SUMMARY:Récolte'), contact: expect.stringContaining('Dominique Martin') })
    for (const file of Object.values(result.files)) expect((await moving.chaton('move', 'report', '--check', file, '--key', result.publicKey)).exitCode).toBe(0)
  })

  test('kept open: the sign-ins work until abort ends them, and no file of the mover shows them', async () => {
    const run = moving.start(['move', 'run', '--from', moving.old.url, '--to', moving.new.url, '--json', '--keep-open'])
    agreeing(run)
    const { stdout, stderr } = await run.ended
    const { move } = done(stdout)
    const [source, destination] = [await moving.kept(move, 'source'), await moving.kept(move, 'destination')]
    expect([await works(moving.old, source), await works(moving.new, destination)]).toEqual([true, true])
    const folder = join(moving.state, 'moves', move)
    const written = [stdout, stderr, ...readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'))].join('\n')
    for (const secret of [source, destination]) expect(written).not.toContain(secret)

    await write(moving.old, 'plus tard.txt', 'arrivé pendant la copie')
    const delta = await moving.chaton('move', 'delta', '--json')
    expect(filesOf(done(delta.stdout))).toMatchObject({ moved: 7 })
    expect(done(delta.stdout)).toMatchObject({ phase: 'copied', signedOut: { source: 'kept' } })

    const { exitCode, stdout: aborted } = await moving.chaton('move', 'abort')
    expect(exitCode).toBe(0)
    expect(aborted).toMatch(/signed out at .*\n.*signed out at/)
    expect([await works(moving.old, source), await works(moving.new, destination)]).toEqual([false, false])
    expect([await moving.kept(move, 'source'), await moving.kept(move, 'destination')]).toEqual([undefined, undefined])
    expect(await treeOf(moving.new)).toEqual(await treeOf(moving.old))
  })
})

describe.skipIf(!hasPty)(`on a terminal${hasPty ? '' : ' (this machine lacks script of util-linux)'}`, () => {
  const agree = async (terminal: OnTerminal, { user, password }: Person): Promise<void> => {
    const [, login = ''] = await terminal.see(/(http:\/\/\S+\/login\/v2\/flow\/\w+)/)
    await fetch(login, { method: 'POST', body: new URLSearchParams({ user, password }) })
  }

  test('chaton move asks for both addresses, shows a QR code for the phone, shows the plan, and asks again', async () => {
    const first = startOnTerminal(['move'], { CHATON_STATE_DIRECTORY: moving.state })
    await first.see(/Address of your Nextcloud now\?/)
    first.type('pas une adresse')
    await first.see(/✗ "pas une adresse" is not the address of a Nextcloud[\s\S]*Address of your Nextcloud now\?/)
    first.type(moving.old.url)
    await first.see(/Address of the new one\?/)
    first.type(moving.new.url)
    await agree(first, moving.old)
    await first.see(/█▀[\s\S]*signed in at .* as lou/)
    await agree(first, moving.new)
    await first.see(/What will move:\s+files and folders\s+6[\s\S]*Move now\? \(yes\/no\)/)
    first.type('no')
    expect(await first.ended).toBe(9)
    expect(await treeOf(moving.new)).toEqual({})

    const second = startOnTerminal(['move'], { CHATON_STATE_DIRECTORY: moving.state })
    await second.see(/is under way\. Go on with it\? \(yes\/no\)/)
    second.type('oui')
    await second.see(/Move now\?/)
    second.type('yes')
    await second.see(/Your account has moved[\s\S]*signed out at/)
    expect(await second.ended).toBe(0)
    expect(await treeOf(moving.new)).toEqual(await treeOf(moving.old))
  })

  test('app passwords are asked for and not shown; Ctrl-C at a question leaves nothing', async () => {
    const first = startOnTerminal(['move', 'run', ...moving.flags], { CHATON_STATE_DIRECTORY: moving.state })
    await first.see(/App password of the old account \(it is not shown\):/)
    first.type(moving.old.password)
    await first.see(/App password of the new account \(it is not shown\):/)
    first.type('\u0003')
    expect(await first.ended).toBe(130)
    expect(first.shown()).not.toContain(moving.old.password)
    expect((await moving.chaton('move', 'resume')).exitCode).toBe(3)
  })
})

describe('without a person', () => {
  test('--dry-run shows what would move and leaves nothing behind', async () => {
    const before = readdirSync(join(moving.state, 'moves'))

    const { exitCode, stdout } = await moving.chaton('move', 'run', ...moving.flags, '--dry-run')

    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/files and folders\s+6[\s\S]*Room: [\s\S]*Nothing was changed/)
    expect(readdirSync(join(moving.state, 'moves'))).toEqual(before)
    expect(await treeOf(moving.new)).toEqual({})
  })

  test('plan, then run: for people', async () => {
    const plan = await moving.chaton('move', 'plan', ...moving.flags)
    expect(plan.stdout).toMatch(/Go on: chaton move run/)

    const ended = await moving.chaton('move', 'run')
    const { stdout, stderr } = ended

    expect(ended).toMatchObject({ exitCode: 0 })
    expect(stdout).toMatch(/Your account has moved\n[\s\S]*no difference[\s\S]*What is left for you to do:[\s\S]*Report: [\s\S]*Signed with the key [\w-]{43}/)
    expect(stdout).toMatch(/the app password that you gave for .* still works/)
    expect(stderr).toMatch(/Copying\n/)
    expect((await moving.chaton('move', 'status')).stdout).toMatch(/done\n/)
    expect((await moving.chaton('move', 'report', '--locale', 'fr')).stdout).toMatch(/Votre compte a déménagé\n/)
    const notice = await moving.chaton('move', 'report', '--elsewhere', '--locale', 'fr')
    expect(notice.stdout).toContain(`Tout est maintenant ici\u00A0:\n  ${moving.new.url}\n`)
    expect(notice.stdout).toContain(`lou@${new URL(moving.new.url).host}`)
  })

  test('what is at the destination stays as it is, the file of the same name goes beside it', async () => {
    await write(moving.new, 'lisez moi.txt', 'une autre lettre')

    const { exitCode, stdout } = await moving.chaton('move', 'run', ...moving.flags, '--json')

    expect(exitCode).toBe(0)
    const tree = await treeOf(moving.new)
    expect(tree['lisez moi.txt']).toMatch(/une autre lettre$/)
    expect(Object.entries(tree).find(([name]) => name.startsWith('lisez moi (from'))?.[1]).toMatch(/contenu 0$/)
    expect(stdout).toContain('"renamed":[{"what":"lisez moi.txt"')
  })

  test('a report changed by a letter is found', async () => {
    const { stdout } = await moving.chaton('move', 'run', ...moving.flags, '--json')
    const { files } = done(stdout)
    for (const file of Object.values(files)) writeFileSync(file, readFileSync(file, 'utf8').replace('lou', 'bob'))

    for (const file of Object.values(files)) {
      const { exitCode, stdout: checked } = await moving.chaton('move', 'report', '--check', file)
      expect([exitCode, checked]).toEqual([8, expect.stringMatching(/was changed since it was signed/)])
    }
  })
})

describe('stopped', () => {
  const many = Array.from({ length: 150 }, (_, index) => `f${String(index).padStart(3, '0')}.txt`)

  async function fill(): Promise<void> {
    for (const name of many) await write(moving.old, name, `${name} `.repeat(50))
  }

  test('kill -9 in the middle, several times; the same command ends with the same tree, nothing twice', async () => {
    await fill()
    let killed = 0
    for (let turn = 0; turn < 6; turn++) {
      const run = moving.start(['move', 'run', ...moving.flags, '--gentle', '--json'], moving.passwords)
      const timer = setTimeout(() => run.child.kill('SIGKILL'), 350 + Math.random() * 400)
      if ((await run.ended).signal === 'SIGKILL') killed += 1
      clearTimeout(timer)
    }

    const ended = await moving.chaton('move', 'run', ...moving.flags, '--json')

    expect(killed).toBeGreaterThan(0)
    expect(ended).toMatchObject({ exitCode: 0 })
    expect(await treeOf(moving.new)).toEqual(await treeOf(moving.old))
    expect(done(ended.stdout)).toMatchObject({ whole: true })
  })

  /** A run that takes seconds: larger files, one by one, from a server that takes its time. */
  async function slowRun(): Promise<RunningCli & Disposable> {
    for (let index = 0; index < 8; index++) await write(moving.old, `grand ${index}.bin`, `${index}`.repeat(1_100_000))
    const slow = await slowServer(moving.old.url, 200)
    const flags = moving.flags.map((flag) => (flag === moving.old.url ? slow.url : flag))
    const run = moving.start(['move', 'run', ...flags, '--gentle', '--only', 'files'], moving.passwords)
    return { ...run, [Symbol.dispose]: () => slow[Symbol.dispose]() }
  }

  const said = async ({ child }: RunningCli, words: string): Promise<void> =>
    await new Promise((resolve) => child.stderr?.on('data', (text: string) => (text.includes(words) ? resolve() : undefined)))

  /** Each answer of the old host takes a fifth of a second. */
  const slowTimeoutMs = 60_000

  test('pause from another terminal, resume', async () => {
    using run = await slowRun()
    await said(run, 'Copying')

    const paused = await moving.chaton('move', 'pause', '--json')
    const { exitCode, stderr } = await run.ended
    const resumed = await moving.chaton('move', 'resume', '--fast', '--json')

    expect(JSON.parse(paused.stdout)).toMatchObject({ wasRunning: true })
    expect([exitCode, stderr]).toEqual([130, expect.stringMatching(/paused by `chaton move pause`\n.*chaton move resume/)])
    expect(done(resumed.stdout)).toMatchObject({ phase: 'done', whole: true })
    expect(await treeOf(moving.new)).toEqual(await treeOf(moving.old))
  }, slowTimeoutMs)

  test('SIGTERM ends with 130; the same command goes on', async () => {
    using run = await slowRun()
    await said(run, 'Copying')
    run.child.kill('SIGTERM')

    const { exitCode, stderr } = await run.ended

    expect([exitCode, stderr]).toEqual([130, expect.stringMatching(/stopped.*\n  → .*(chaton move resume|same command)/)])
    expect(await moving.chaton('move', 'run', '--fast')).toMatchObject({ exitCode: 0 })
    expect(await treeOf(moving.new)).toEqual(await treeOf(moving.old))
  }, slowTimeoutMs)
})
