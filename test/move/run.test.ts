import { readdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ChatonError } from '../../src/kit/errors.ts'
import { abortMove, pauseMove, statusOf } from '../../src/move/control.ts'
import { deltaMove, planMove, runMove, tryMove, verifyMove } from '../../src/move/run.ts'
import { checkSeal } from '../../src/move/report/seal.ts'
import { failureOf } from '../support/failures.ts'
import { fakeHosts } from './fake-hosts.ts'
import { fakeKind } from './fake-kind.ts'
import { benchFor, from, to, wish, type Bench } from './services.ts'

const run = async (bench: Bench, more: Partial<typeof wish> = {}, keepOpen = false) => await runMove(bench, { ...wish, ...more }, { conduct: bench.conduct, options: { keepOpen, acceptShrink: false } })
const unavailable = (): ChatonError => new ChatonError('remote-failed', 'no answer', { retryable: true })

describe('a whole move', () => {
  test('carries every kind, checks it, reports it, signs out on both sides', async () => {
    const bench = benchFor()

    const result = await run(bench)

    expect(bench.kinds.map(({ destination }) => [...destination.keys()])).toEqual([['a', 'b'], ['c']])
    expect(result).toMatchObject({ phase: 'done', whole: true, signedOut: { source: 'revoked', destination: 'revoked' } })
    expect(result.report).toMatchObject({ verification: 'passed', source: { address: from, account: 'camille' }, kinds: expect.arrayContaining([expect.objectContaining({ name: 'contacts', moved: 1 })]) })
    expect([...bench.hosts.tokens]).toEqual([])
    expect(checkSeal(readFileSync(result.files.json, 'utf8'), 'report.json')).toMatchObject({ intact: true, publicKey: result.publicKey })
  })

  test('two passes where nothing changes: the second finds nothing to do', async () => {
    const bench = benchFor()

    await run(bench)

    expect(bench.kinds.map(({ runs }) => runs)).toEqual([2, 2])
  })

  test('what changes while it runs follows in a further pass', async () => {
    const files = fakeKind('files', { a: 'one' })
    files.before = (name) => {
      if (name === 'a') files.source.set('late', 'came during the copy').set('a', 'changed during the copy')
    }

    const { whole } = await run(benchFor([files]))

    expect(Object.fromEntries(files.destination)).toEqual({ a: 'changed during the copy', late: 'came during the copy' })
    expect(whole).toBe(true)
  })

  test('the secrets of the sign-ins are gone at the end, and no file of the move holds one', async () => {
    const bench = benchFor()

    const { files, move } = await run(bench)

    const passwords = [...bench.secrets.seen].filter(([name]) => name.endsWith('app-password')).map(([, value]) => value)
    expect(passwords).toHaveLength(2)
    expect(await bench.secrets.get(`move/${move}/source/app-password`)).toBeUndefined()
    const folder = dirname(files.json)
    const written = readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, 'latin1')).join()
    for (const password of passwords) expect(written).not.toContain(password)
  })

  test('an app password that the person gave is left to the person', async () => {
    const bench = benchFor()
    bench.hosts.tokens.add(`${from} camille own-app-password`)

    const { signedOut, report } = await run(bench, { signIn: { ...wish.signIn, source: { by: 'app-password', name: 'camille', password: async () => await Promise.resolve('own-app-password') } } })

    expect(signedOut).toEqual({ source: 'own', destination: 'revoked' })
    expect([...bench.hosts.tokens]).toEqual([`${from} camille own-app-password`])
    expect(report.todo).toContain('own-app-passwords')
  })

  test('with --keep-open both sign-ins stay; a later run ends the move without signing in again', async () => {
    const bench = benchFor()
    await run(bench, {}, true)
    expect(bench.hosts.tokens.size).toBe(2)

    bench.kinds[0]?.source.set('later', 'x')
    const ended = await run(bench, { from: undefined, to: undefined })

    expect(ended.phase).toBe('done')
    expect(bench.kinds[0]?.destination.has('later')).toBe(true)
    expect(bench.events.filter(({ event }) => event === 'sign-in')).toHaveLength(2)
  })
})

describe('a host that falls silent just after the person agreed', () => {
  test('in a move that is new: nothing stays behind, neither a move nor an app password', async () => {
    const bench = benchFor()
    Object.assign(bench.hosts.servers[to] ?? {}, { mute: 1 })

    expect(await failureOf(run(bench))).toMatchObject({ code: 'remote-failed', retryable: true })

    expect([...bench.hosts.tokens]).toEqual([])
    expect(await bench.moves.unfinished()).toEqual([])
  })

  test('in a move that is under way: the next run asks for no further sign-in', async () => {
    const bench = benchFor()
    await run(bench, {}, true)
    bench.hosts.tokens.delete(`${to} camille app-password-2`)
    const opening = bench.hosts.open.bind(bench.hosts)
    let opened = 0
    Object.assign(bench.hosts, {
      open: async (...args: Parameters<typeof opening>) => {
        opened += 1
        // The sign-in that was kept is refused; the new one meets a server that is gone.
        if (opened === 3) throw unavailable()
        return await opening(...args)
      },
    })
    await failureOf(run(bench))
    expect(opened).toBe(3)

    expect(await run(bench)).toMatchObject({ phase: 'done', whole: true, signedOut: { destination: 'revoked' } })
    expect(bench.events.filter(({ event }) => event === 'sign-in')).toHaveLength(3)
    expect([...bench.hosts.tokens]).toEqual([])
  })
})

describe('one kind that fails', () => {
  test('holds up no other; the move stays open and says so', async () => {
    const bench = benchFor()
    bench.kinds[0]?.failures.push(...Array.from({ length: 20 }, () => new Error('broken')))

    const result = await run(bench)

    expect(bench.kinds[1]?.destination.has('c')).toBe(true)
    expect(result).toMatchObject({ phase: 'copied', whole: false, signedOut: { source: 'kept' } })
    expect(result.report.kinds.find(({ name }) => name === 'files')).toMatchObject({ state: 'failed', failure: 'broken' })
    expect(result.report.verification).toBe('not-done')
    expect(result.report.todo[0]).toBe('try-again')
  })

  test('once and works the next time is no failure of the move', async () => {
    const bench = benchFor()
    bench.kinds[0]?.failures.push(unavailable())

    expect(await run(bench)).toMatchObject({ phase: 'done', whole: true })
  })

  test('all of them for a reason that passes: the move is to be tried again', async () => {
    const bench = benchFor()
    for (const kind of bench.kinds) kind.failures.push(...Array.from({ length: 20 }, unavailable))

    const error = await failureOf(run(bench))

    expect(error).toMatchObject({ code: 'remote-failed', retryable: true })
    expect(error.next.join()).toMatch(/chaton move resume/)
    for (const kind of bench.kinds) kind.failures.length = 0
    expect(await run(bench)).toMatchObject({ phase: 'done', whole: true })
  })

  test('with 401 stops the move; the next run signs in again and goes on', async () => {
    const bench = benchFor()
    bench.kinds[1]?.failures.push(new ChatonError('remote-failed', 'the server answered 401', { data: { status: 401 } }))
    const error = await failureOf(run(bench))
    expect(error.next.join()).toMatch(/sign in again/)

    bench.hosts.tokens.clear()
    expect(await run(bench)).toMatchObject({ phase: 'done', whole: true })
    expect(bench.events.filter(({ event }) => event === 'sign-in')).toHaveLength(4)
  })
})

describe('stopped and resumed', () => {
  test('by a signal: the same command goes on, nothing is written twice', async () => {
    const written: string[] = []
    const files = fakeKind('files', { a: '1', b: '2', c: '3' })
    const first = benchFor([files])
    files.before = (name) => {
      written.push(name)
      if (name === 'b') first.stop(new ChatonError('interrupted', 'stopped'))
    }
    expect((await failureOf(run(first))).code).toBe('interrupted')

    const result = await run({ ...first, conduct: { ...first.conduct, signal: new AbortController().signal } })

    expect(result.whole).toBe(true)
    expect(written).toEqual(['a', 'b', 'c'])
    expect(result.report.passes).toBe(2)
  })

  test('by chaton move pause, from beside', async () => {
    const files = fakeKind('files', Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`f${index}`, 'x'])))
    const bench = benchFor([files])
    files.before = async () => await bench.clock.sleep(20)
    const running = failureOf(run(bench))
    while (files.destination.size === 0) await bench.clock.sleep(10)
    using move = await bench.moves.openUnfinished()
    expect(await statusOf(bench.moves)).toMatchObject([{ running: true, phase: 'copying' }])

    expect(await pauseMove(bench, move)).toBe(true)

    expect(await running).toMatchObject({ code: 'interrupted', message: expect.stringMatching(/paused/) })
    expect(await statusOf(bench.moves)).toMatchObject([{ running: false, phase: 'copying' }])
    expect(await pauseMove(bench, move)).toBe(false)
    files.before = () => {}
    expect(await run(bench, { from: undefined, to: undefined })).toMatchObject({ phase: 'done', whole: true })
  })

  test('two runs at once: the second is told who is at work', async () => {
    const files = fakeKind('files', { a: '1' })
    const bench = benchFor([files])
    let release = (): void => {}
    files.before = async () => await new Promise<void>((resolve) => (release = resolve))
    const running = run(bench)
    while (files.runs === 0) await bench.clock.sleep(5)

    expect((await failureOf(run(bench))).code).toBe('conflict')

    release()
    expect((await running).whole).toBe(true)
  })
})

describe('before anything is written', () => {
  test('a plan keeps the move and its sign-ins for the run', async () => {
    const bench = benchFor([fakeKind('files', { a: '1', '!b': '2' })])

    const { plan } = await planMove(bench, wish, bench.conduct)

    expect(plan).toMatchObject({ kinds: [{ name: 'files', count: 2 }], left: [{ kind: 'files', what: '!b' }] })
    expect(bench.kinds[0]?.destination.size).toBe(0)
    await run(bench)
    expect(bench.events.filter(({ event }) => event === 'sign-in')).toHaveLength(2)
  })

  test('--dry-run leaves nothing: no move, no sign-in, no secret', async () => {
    const bench = benchFor()

    const { plan } = await tryMove(bench, wish, bench.conduct)

    expect(plan.kinds.map(({ count }) => count)).toEqual([2, 1])
    expect([await bench.moves.ids(), [...bench.hosts.tokens]]).toEqual([[], []])
    expect(bench.secrets.now()).toEqual([])
  })

  test('the same account by two addresses is refused, and both sign-ins end', async () => {
    const bench = benchFor(undefined, fakeHosts({ [from]: { accounts: ['camille'] } }, { [to]: from }))

    const error = await failureOf(run(bench))

    expect(error).toMatchObject({ code: 'bad-input', message: expect.stringMatching(/the same account: "camille"/) })
    expect([await bench.moves.ids(), [...bench.hosts.tokens]]).toEqual([[], []])
  })

  test('two accounts of one server may move', async () => {
    const hosts = fakeHosts({ [from]: { accounts: ['camille', 'lou'] } }, { [to]: from })
    hosts.person.set(to, 'lou')

    expect(await run(benchFor(undefined, hosts))).toMatchObject({ phase: 'done' })
  })

  test('a destination that is too small is refused with the numbers', async () => {
    const bench = benchFor([fakeKind('files', { film: 'x'.repeat(2_000_000) })], fakeHosts({ [from]: { accounts: ['camille'] }, [to]: { accounts: ['camille'], freeBytes: 1_000_000 } }))

    const error = await failureOf(run(bench))

    expect(error).toMatchObject({ code: 'no-room', message: expect.stringMatching(/2 MB are to be carried, 1 MB are free; 11 MB are missing/) })
    expect(error.next.join()).toMatch(/--without files/)
    expect(bench.kinds[0]?.destination.size).toBe(0)
  })

  test('a wrong app password is refused and leaves nothing', async () => {
    const bench = benchFor()

    const error = await failureOf(run(bench, { signIn: { ...wish.signIn, source: { by: 'app-password', name: 'camille', password: async () => await Promise.resolve('wrong-password') } } }))

    expect(error).toMatchObject({ code: 'bad-input', message: expect.stringMatching(/refuses "camille"/) })
    expect([await bench.moves.ids(), bench.secrets.now()]).toEqual([[], []])
  })

  test('another account than before is refused when a sign-in is renewed', async () => {
    const bench = benchFor(undefined, fakeHosts({ [from]: { accounts: ['camille', 'lou'] }, [to]: { accounts: ['camille'] } }))
    await planMove(bench, wish, bench.conduct)
    bench.hosts.tokens.clear()
    bench.hosts.person.set(from, 'lou')

    expect(await failureOf(run(bench))).toMatchObject({ code: 'bad-input', message: expect.stringMatching(/of the account "camille".*"lou" has signed in/) })
    expect([...bench.hosts.tokens]).toEqual([])
  })

  test('a person who does not agree: nothing is written', async () => {
    const bench = benchFor()

    const error = await failureOf(runMove(bench, wish, { conduct: bench.conduct, options: { keepOpen: false, acceptShrink: false, agree: async () => await Promise.resolve(false) } }))

    expect(error.code).toBe('refused')
    expect(bench.kinds[0]?.destination.size).toBe(0)
  })
})

describe('after the end', () => {
  test('a delta pass signs in, carries what is new, and ends the move again', async () => {
    const bench = benchFor()
    const { move } = await run(bench)
    bench.kinds[0]?.source.set('new', 'later')

    const result = await deltaMove(bench, { ...wish, id: move, from: undefined, to: undefined }, { conduct: bench.conduct, options: { acceptShrink: false } })

    expect(bench.kinds[0]?.destination.get('new')).toBe('later')
    expect(result).toMatchObject({ phase: 'done', signedOut: { source: 'revoked', destination: 'revoked' } })
  })

  test('a delta pass in which a kind fails is not compared with the figures of an earlier one', async () => {
    const bench = benchFor()
    const { move, report } = await run(bench)
    expect(report).toMatchObject({ verification: 'passed', kinds: expect.arrayContaining([expect.objectContaining({ name: 'files', checked: 2 })]) })
    bench.kinds[0]?.failures.push(...Array.from({ length: 20 }, () => new Error('broken')))
    const again = { ...wish, id: move, from: undefined, to: undefined }

    const failed = await deltaMove(bench, again, { conduct: bench.conduct, options: { acceptShrink: false } })

    expect(failed).toMatchObject({ whole: false, report: { verification: 'not-done' } })
    expect(failed.report.kinds.find(({ name }) => name === 'files')).not.toHaveProperty('checked')
    using open = await bench.moves.open(move)
    expect(open.facts.ofKind('check', 'files')).toBeNull()
  })

  test('a check finds what has changed since, and copies nothing', async () => {
    const bench = benchFor()
    const { move } = await run(bench)
    bench.kinds[0]?.destination.set('a', 'spoilt')

    const { report, whole } = await verifyMove(bench, { ...wish, id: move, from: undefined, to: undefined }, bench.conduct)

    expect(whole).toBe(false)
    expect(report).toMatchObject({ verification: 'differences', todo: expect.arrayContaining(['look-at-differences']) })
    expect(bench.kinds[0]?.destination.get('a')).toBe('spoilt')
  })
})

describe('abort', () => {
  test('ends both sign-ins and leaves what was written', async () => {
    const bench = benchFor()
    await run(bench, {}, true)
    using move = await bench.moves.openUnfinished()

    expect(await abortMove(bench, move)).toMatchObject({ signedOut: { source: 'revoked', destination: 'revoked' } })

    expect([...bench.hosts.tokens]).toEqual([])
    expect(bench.kinds[0]?.destination.size).toBe(2)
    expect(await bench.moves.unfinished()).toEqual([])
  })

  test('a host that does not answer keeps its secret; the next abort ends it', async () => {
    const bench = benchFor()
    await run(bench, {}, true)
    using move = await bench.moves.openUnfinished()
    const server = bench.hosts.servers[from]
    if (server !== undefined) server.down = true
    expect((await abortMove(bench, move)).signedOut).toEqual({ source: 'failed', destination: 'revoked' })

    if (server !== undefined) server.down = false
    expect((await abortMove(bench, move)).signedOut).toEqual({ source: 'revoked', destination: 'none' })
    expect([...bench.hosts.tokens]).toEqual([])
  })
})
