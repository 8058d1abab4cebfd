import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runCli, type Ended } from '../support/cli.ts'
import { twoSandboxes, write, type Moving } from './support/moving.ts'

/** What goes wrong before anything is moved: one clear message, a documented exit code, nothing half made. */

let moving: Moving
let scratch: string
const servers: Server[] = []
const asked: IncomingMessage[] = []

async function serve(make: (answer: RequestListener) => Server, answer: RequestListener): Promise<string> {
  const server = make((request, response) => {
    asked.push(request)
    answer(request, response)
  })
  servers.push(server)
  const port = await new Promise<number>((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)))
  return `127.0.0.1:${port}`
}

const plain = async (answer: RequestListener): Promise<string> => `http://${await serve((listener) => createServer(listener), answer)}`

async function selfSigned(): Promise<string> {
  const [key, certificate] = [join(scratch, 'key.pem'), join(scratch, 'certificate.pem')]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1', '-keyout', key, '-out', certificate], { stdio: 'ignore' })
  return `https://${await serve((listener) => createSecureServer({ key: readFileSync(key), cert: readFileSync(certificate) }, listener), (_request, response) => response.end('{}'))}`
}

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'chaton-bad-input-'))
  moving = await twoSandboxes()
})
afterAll(async () => {
  for (const server of servers) server.close()
  await moving.close()
  rmSync(scratch, { recursive: true, force: true })
})
beforeEach(() => {
  asked.length = 0
})

const status = { installed: true, maintenance: false, needsDbUpgrade: false, version: '32.0.1.0', versionstring: '32.0.1', productname: 'Nextcloud' }
const movesLeft = (): string[] => (existsSync(join(moving.state, 'moves')) ? readdirSync(join(moving.state, 'moves')) : [])

interface Outcome {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  readonly saysWhatToDo: boolean
  readonly showsStack: boolean
  readonly moves: readonly string[]
}

const outcome = ({ exitCode, stdout, stderr }: Ended): Outcome => ({ exitCode, stdout, stderr, saysWhatToDo: /\n {2}→ /.test(stderr), showsStack: /\n\s+at /.test(stderr), moves: movesLeft() })

/** With this code and these words, what to do now, no stack, and nothing left behind. */
const refused = (exitCode: number, message: RegExp): Outcome => ({ exitCode, stdout: '', stderr: expect.stringMatching(message) as string, saysWhatToDo: true, showsStack: false, moves: [] })

describe('an address', () => {
  const run = async (address: string): Promise<Ended> => await moving.chaton('move', 'run', '--from', address, '--to', moving.new.url, '--from-user', 'lou', '--to-user', 'lou')

  test('without scheme, or a page of the Nextcloud, is understood', async () => {
    for (const address of [moving.old.url.replace('http://', ''), `${moving.old.url}/index.php/apps/files/?dir=/Photos`]) {
      const ended = await moving.chaton('move', 'run', '--from', address, '--to', moving.new.url, '--from-user', 'lou', '--to-user', 'lou', '--dry-run')
      expect(ended).toMatchObject({ exitCode: 0 })
    }
  })

  test('of nothing that answers', async () => {
    expect(outcome(await run('http://127.0.0.1:1'))).toEqual(refused(6, /127\.0\.0\.1:1 is there, but no web server answers/))
  })

  test('that no name server knows', async () => {
    expect(outcome(await run('https://nowhere.invalid'))).toEqual(refused(6, /there is no server named nowhere\.invalid/))
  })

  test('of something that is no Nextcloud', async () => {
    expect(outcome(await run(await plain((_request, response) => response.end('<h1>bonjour</h1>'))))).toEqual(refused(2, /no Nextcloud answers at/))
  })

  test('of a Nextcloud that is too old', async () => {
    expect(outcome(await run(await plain((_request, response) => response.end(JSON.stringify({ ...status, versionstring: '15.0.0' })))))).toEqual(refused(2, /Nextcloud 15\.0\.0; a move needs/))
  })

  test('of a Nextcloud in maintenance', async () => {
    expect(outcome(await run(await plain((_request, response) => response.end(JSON.stringify({ ...status, maintenance: true })))))).toEqual(refused(6, /in maintenance/))
  })

  test('with a certificate that nobody vouches for: explained, never skipped', async () => {
    expect(outcome(await run(await selfSigned()))).toEqual(refused(6, /cannot be trusted: its certificate is signed by itself[\s\S]*NODE_EXTRA_CA_CERTS/))
    expect(asked).toEqual([])
  })

  test('that sends its visitors to another host: no password goes there', async () => {
    const address = await plain((_request, response) => response.writeHead(302, { location: 'https://elsewhere.example/status.php' }).end())

    expect(outcome(await run(address))).toEqual(refused(2, /sends its visitors to elsewhere\.example/))
  })

  test('that sends them away after the sign-in: the password stays here', async () => {
    const address = await plain((request, response) => {
      if (request.url?.startsWith('/status.php') === true) response.end(JSON.stringify(status))
      else response.writeHead(307, { location: 'https://elsewhere.example/' }).end()
    })

    expect(outcome(await run(address))).toEqual(refused(6, /sends its visitors to https:\/\/elsewhere\.example\/: credentials are not taken there/))
  })

  test('with a password in it: refused, and not shown', async () => {
    const ended = await run('https://lou:Mot-de-passe-1729@cloud.example.org')

    expect(outcome(ended)).toEqual(refused(2, /--from has a password in it/))
    expect(ended.stderr).not.toContain('Mot-de-passe-1729')
  })

  test('that is missing', async () => {
    expect(outcome(await moving.chaton('move', 'run', '--from', moving.old.url))).toEqual(refused(2, /a move has two addresses/))
  })
})

describe('an account', () => {
  test('that is the same on both sides', async () => {
    const ended = await moving.chaton('move', 'run', '--from', moving.old.url, '--to', moving.old.url.replace('127.0.0.1', 'localhost'), '--from-user', 'lou', '--to-user', 'lou')

    expect(outcome(ended)).toEqual(refused(2, /both sign-ins lead to the same account: "lou" at/))
  })

  test('with a wrong password', async () => {
    const file = join(scratch, 'password')
    writeFileSync(file, 'pas-le-bon-mot\n')

    expect(outcome(await moving.chaton('move', 'run', ...moving.flags, '--from-password-file', file))).toEqual(refused(2, /refuses "lou": the name or the app password is wrong, or the account is disabled/))
  })

  test('that is disabled', async () => {
    const other = await twoSandboxes()
    try {
      await other.disable('nouveau')
      const ended = await other.chaton('move', 'run', ...other.flags)
      expect([ended.exitCode, ended.stderr]).toEqual([2, expect.stringMatching(/refuses "lou": .* or the account is disabled/)])
      expect(readdirSync(join(other.state, 'moves'))).toEqual([])
    } finally {
      await other.close()
    }
  })

  test('that has too little room: numbers, and what to leave out', async () => {
    await write(moving.old, 'film.mkv', 'x'.repeat(3_000_000))
    await moving.quota('nouveau', '1 MB')

    const { exitCode, stderr } = await moving.chaton('move', 'run', ...moving.flags)

    expect(exitCode).toBe(7)
    expect(stderr).toMatch(/has too little room: 3 MB are to be carried, 1 MB are free; 12 MB are missing[\s\S]*--without files/)
    expect((await moving.chaton('move', 'abort')).exitCode).toBe(0)
    await moving.quota('nouveau', 'none')
  })
})

describe('a command line', () => {
  test('without a terminal says which flags answer', async () => {
    const { exitCode, stderr } = await moving.chaton('move')

    expect(exitCode).toBe(9)
    expect(stderr).toMatch(/chaton move run --from <old address> --to <new address>/)
  })

  test('with --no-input and no app password names the flags and the variable', async () => {
    const ended = await runCli(['move', 'run', '--from', moving.old.url, '--to', moving.new.url, '--no-input'], { CHATON_STATE_DIRECTORY: moving.state })

    expect([ended.exitCode, ended.stderr]).toEqual([9, expect.stringMatching(/--from-user <name>, and its app password with --from-password-file <path> or in the variable CHATON_MOVE_FROM_PASSWORD/)])
  })

  test.each<[readonly string[], number, RegExp]>([
    [['resum'], 2, /did you mean "chaton move resume"/],
    [['run', '--only', 'fils'], 2, /did you mean "files"/],
    [['run', '--gentle', '--fast'], 2, /say opposite things/],
    [['run', '--from', 'x y'], 2, /two addresses/],
    [['status', '2020-01-01-000000-zzzz'], 3, /there is no move/],
    [['resume'], 3, /no move is under way/],
    [['report', '--check', '/nowhere/report.json'], 2, /cannot read the report/],
    [['report', '--check', 'package.json'], 2, /is not a signed report/],
    [['run', '--from-password-file', '/nowhere', '--from-user', 'lou', '--from', 'http://127.0.0.1:1', '--to', 'http://127.0.0.1:1'], 6, /no web server answers/],
  ])('%j', async (args, exitCode, message) => {
    const ended = await runCli(['move', ...args], { CHATON_STATE_DIRECTORY: mkdtempSync(join(scratch, 'state-')) })

    expect([ended.exitCode, ended.stderr]).toEqual([exitCode, expect.stringMatching(message)])
    expect(ended.stderr).not.toMatch(/\n\s+at /)
  })
})
