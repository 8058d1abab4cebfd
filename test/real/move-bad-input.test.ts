import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HttpClient } from '../../src/kit/http-stream.ts'
import { discover } from '../../src/nextcloud/discover/index.ts'
import { openAccount } from '../../src/nextcloud/sign-in.ts'
import { runCli, type Ended } from '../support/cli.ts'
import { failureOf } from '../support/failures.ts'
import { betweenReleases } from './support/releases.ts'
import { openSpaces, type PersonForTest, type SpacesForTest } from './support/spaces.ts'
import { contentOf, put } from './support/whole-account.ts'

/** What a person gets wrong, or a host, on real servers: one message, an exit code, nothing moved. More of it, on sandboxes, in test/e2e/move-bad-input.test.ts. */

const suite = 'a move that cannot begin'
betweenReleases(suite, [['32.0.1', '34.0.1']], (name, [from, to]) => {
  describe(`${suite}: ${name}`, () => {
    let spaces: SpacesForTest
    let scratch: string
    let source: PersonForTest

    beforeAll(async () => {
      scratch = mkdtempSync(join(tmpdir(), 'chaton-bad-input-'))
      spaces = await openSpaces({ firstPort: 36_320 })
      source = await (await spaces.space(from)).person('camille')
      await put(source, 'film.mkv', Buffer.alloc(3_000_000, 'film'), 1_600_000_000)
    })
    afterAll(async () => {
      await spaces[Symbol.asyncDispose]()
      rmSync(scratch, { recursive: true, force: true })
    })

    async function run(destination: PersonForTest, { more = [], env = {}, url = destination.url }: { readonly more?: readonly string[]; readonly env?: Readonly<Record<string, string>>; readonly url?: string } = {}): Promise<Ended & { readonly moves: number }> {
      const state = mkdtempSync(join(scratch, 'state-'))
      const flags = ['--from', source.url, '--to', url, '--from-user', source.userId, '--to-user', destination.userId, '--only', 'files', '--no-input', ...more]
      const ended = await runCli(['move', 'run', ...flags], { CHATON_STATE_DIRECTORY: state, CHATON_MOVE_FROM_PASSWORD: source.password, CHATON_MOVE_TO_PASSWORD: destination.password, ...env })
      return { ...ended, moves: existsSync(join(state, 'moves')) ? readdirSync(join(state, 'moves')).length : 0 }
    }

    it('to an account that its host has disabled', async () => {
      const destination = await (await spaces.space(to)).person('disabled')
      await destination.space.occ('user:disable', destination.userId)

      const ended = await run(destination)

      expect(ended).toMatchObject({ exitCode: 2, moves: 0, stderr: expect.stringMatching(/refuses "disabled": .* or the account is disabled[\s\S]*a disabled account is switched on by its host/) })
    })

    it('to an account with too little room: numbers, what to leave out, and nothing written', async () => {
      const destination = await (await spaces.space(to)).person('narrow')
      await destination.space.occ('user:setting', destination.userId, 'files', 'quota', '1 MB')

      const ended = await run(destination)

      expect(ended).toMatchObject({ exitCode: 7, moves: 1, stderr: expect.stringMatching(/has too little room: 3 MB are to be carried, 1(\.\d+)? MB are free; [\d.]+ MB are missing[\s\S]*--without files/) })
      expect((await contentOf(destination)).files).toEqual({})
    })

    it('to the account that it comes from, by another name of the server', async () => {
      const ended = await run(source, { url: source.url.replace('127.0.0.1', 'localhost') })

      expect(ended).toMatchObject({ exitCode: 2, moves: 0, stderr: expect.stringMatching(/both sign-ins lead to the same account: "camille" at/) })
    })

    it('through an authority that this machine does not know: explained, no password sent; with its certificate it is taken', async () => {
      const destination = await (await spaces.space(to)).person('secure')
      await using front = await internalAuthority(destination.url, scratch)

      expect(await run(destination, { url: front.url })).toMatchObject({ exitCode: 6, moves: 0, stderr: expect.stringMatching(/cannot be trusted: its certificate comes from an authority that this machine does not know[\s\S]*NODE_EXTRA_CA_CERTS/) })
      expect(front.asked()).toBe('')
      expect(await run(destination, { url: front.url, more: ['--dry-run'], env: { NODE_EXTRA_CA_CERTS: front.certificate } })).toMatchObject({ exitCode: 0 })
    })

    it('by a mover that must not reach the network it stands in: neither when looking for the server nor with credentials', async () => {
      using http = new HttpClient({ privateAddresses: false })

      for (const address of [source.url, source.url.replace('127.0.0.1', 'localhost'), source.url.replace('127.0.0.1', '[::ffff:127.0.0.1]')]) {
        expect(await failureOf(discover(address, { http }))).toMatchObject({ code: 'refused', message: expect.stringContaining('own network') })
        expect(await failureOf(openAccount({ http, base: address, user: source.userId, password: source.password }))).toMatchObject({ code: 'refused', message: expect.stringContaining('own network') })
      }
    })
  })
})

interface Front extends AsyncDisposable {
  readonly url: string
  /** Of the authority, PEM. */
  readonly certificate: string
  /** Log of requests. */
  asked(): string
}

/** The server behind HTTPS with a certificate of Caddy's internal authority, which no machine knows; it is not made known to this one. */
async function internalAuthority(of: string, directory: string): Promise<Front> {
  const port = 36_340
  const file = join(directory, 'Caddyfile')
  writeFileSync(
    file,
    `{
  admin off
  skip_install_trust
  auto_https disable_redirects
  storage file_system ${directory}/caddy
}
https://localhost:${port} {
  tls internal
  log {
    output stdout
  }
  reverse_proxy ${of.replace('http://', '')}
}
`,
  )
  const child: ChildProcess = spawn('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], { stdio: ['ignore', 'pipe', 'ignore'], env: { PATH: process.env['PATH'], HOME: directory } })
  let log = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (log += text))
  const certificate = join(directory, 'caddy/pki/authorities/local/root.crt')
  for (let turn = 0; !existsSync(certificate) && turn < 100; turn++) await delay(100)
  await delay(500)
  return {
    url: `https://localhost:${port}`,
    certificate,
    asked: () => log,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => child.once('close', resolve))
      child.kill()
      await closed
    },
  }
}
