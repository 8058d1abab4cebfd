import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createReleases, officialOrigin, type Origin, type Releases } from '../../../../src/engine/host/releases/catalogue.ts'
import { judgeStatus, primaryFingerprints } from '../../../../src/engine/host/releases/signature.ts'
import { run } from '../../../../src/kit/exec.ts'
import { makeTree } from './archives.ts'

/** Keys made for the tests: `release` signs releases, `stranger` somebody else's. */
let keys: string
const fingerprints = { release: '', stranger: '' }
type Signer = keyof typeof fingerprints
const gpg = async (args: readonly string[]): Promise<string> => (await run('gpg', ['--homedir', keys, '--batch', '--no-tty', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', '', ...args])).stdout

beforeAll(async () => {
  keys = await mkdtemp('/tmp/chaton-keys-')
  for (const name of ['release', 'stranger'] as const) {
    await gpg(['--quick-generate-key', `${name}@example.org`, 'ed25519', 'sign', 'never'])
    const [fingerprint = ''] = primaryFingerprints(await gpg(['--with-colons', '--list-keys', `${name}@example.org`]))
    fingerprints[name] = fingerprint
  }
})
afterAll(async () => {
  await run('gpgconf', ['--homedir', keys, '--kill', 'all'], { accept: [0, 2] })
  await rm(keys, { recursive: true, force: true })
})

let work: string
let server: Server
let origin: Origin
let releases: Releases
let asked: string[]
const archiveName = 'nextcloud-32.0.1.tar.bz2'
const served = (name: string): string => join(work, 'www', name)

beforeEach(async () => {
  work = await mkdtemp('/tmp/chaton-official-')
  await run('mkdir', [join(work, 'www')])
  asked = []
  const place = `/${randomBytes(8).toString('hex')}/`
  server = createServer((request, response) => {
    // Others on this machine may still ask whoever had this port before.
    if (request.url?.startsWith(place) !== true) return void response.writeHead(404).end()
    const name = request.url.slice(place.length)
    asked.push(name)
    return void readFile(served(name)).then(
      (content) => response.end(content),
      () => {
        response.statusCode = 404
        response.end('no')
      },
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}${place.slice(0, -1)}`
  origin = { archives: base, key: `${base}/nextcloud.asc`, fingerprint: fingerprints.release }
  releases = createReleases(join(work, 'releases'), origin)
})
afterEach(async () => {
  server.close()
  await rm(work, { recursive: true, force: true })
})

const sumOf = async (file: string): Promise<string> => createHash('sha512').update(await readFile(file)).digest('hex')

async function publish({ signer = 'release', key = signer, version = '32.0.1' }: { signer?: Signer; key?: Signer; version?: string } = {}): Promise<void> {
  await makeTree(join(work, 'src/nextcloud'), version)
  await run('tar', ['-cjf', served(archiveName), '-C', join(work, 'src'), 'nextcloud'])
  await writeFile(served(`${archiveName}.sha512`), `${await sumOf(served(archiveName))}  ${archiveName}\n`)
  await gpg(['--local-user', fingerprints[signer], '--armor', '--yes', '--output', served(`${archiveName}.asc`), '--detach-sign', served(archiveName)])
  await writeFile(served('nextcloud.asc'), await gpg(['--armor', '--export', fingerprints[key]]))
}

const installed = async (): Promise<string[]> => (await readdir(join(work, 'releases'))).filter((name) => !name.startsWith('.lock'))

test('the official origin and its key', () => {
  expect(officialOrigin).toEqual({
    archives: 'https://download.nextcloud.com/server/releases',
    key: 'https://nextcloud.com/nextcloud.asc',
    fingerprint: '28806A878AE423A28372792ED75899B9A724937A',
  })
})

test('a version is downloaded, its sum and signature checked, and installed', async () => {
  expect(fingerprints.release).toMatch(/^[0-9A-F]{40}$/)
  await publish()
  const fractions: number[] = []
  const { release, verified } = await releases.add('32.0.1', { onProgress: ({ fraction }) => fraction !== undefined && fractions.push(fraction) })
  expect(verified).toBe('signature')
  expect(release).toMatchObject({ version: '32.0.1', complete: true })
  expect(fractions.at(-1)).toBe(1)
  expect(await installed()).toEqual(['32.0.1'])
})

test('an archive that was changed on the way, sum adapted: the signature tells', async () => {
  await publish()
  await makeTree(join(work, 'src/nextcloud'), '32.0.1', { 'lib/backdoor.php': 'x' })
  await run('tar', ['-cjf', served(archiveName), '-C', join(work, 'src'), 'nextcloud'])
  await writeFile(served(`${archiveName}.sha512`), `${await sumOf(served(archiveName))}  ${archiveName}\n`)
  await expect(releases.add('32.0.1')).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('does not match its signature') })
  expect(await installed()).toEqual([])
})

test('a damaged download: the sum tells', async () => {
  await publish()
  await writeFile(served(archiveName), 'half')
  await expect(releases.add('32.0.1')).rejects.toThrow(/its SHA-512 is [0-9a-f]{128}, expected/)
  expect(await installed()).toEqual([])
})

test('signed by a stranger whose key is served as the key of the releases: refused by the pinned fingerprint', async () => {
  await publish({ signer: 'stranger' })
  await expect(releases.add('32.0.1')).rejects.toThrow(new RegExp(`not the key of Nextcloud's releases: it has ${fingerprints.stranger}, expected ${fingerprints.release}`))
  expect(await installed()).toEqual([])
})

test('signed by a stranger, both keys in the key file: refused', async () => {
  await publish({ signer: 'stranger' })
  await writeFile(served('nextcloud.asc'), await gpg(['--armor', '--export', fingerprints.release, fingerprints.stranger]))
  await expect(releases.add('32.0.1')).rejects.toThrow(new RegExp(`it is signed by ${fingerprints.stranger}`))
  expect(await installed()).toEqual([])
})

test('signed by a stranger whose key is not there: refused', async () => {
  await publish({ signer: 'stranger', key: 'release' })
  await expect(releases.add('32.0.1')).rejects.toThrow(/no signature by a known key/)
})

test('a key file or signature that is none: refused', async () => {
  await publish()
  await copyFile(served('nextcloud.asc'), join(work, 'key'))
  await writeFile(served('nextcloud.asc'), '<html>moved</html>')
  await expect(releases.add('32.0.1')).rejects.toThrow(/it has no key/)
  await copyFile(join(work, 'key'), served('nextcloud.asc'))
  await writeFile(served(`${archiveName}.asc`), '<html>moved</html>')
  await expect(releases.add('32.0.1')).rejects.toThrow(/no signature by a known key/)
  expect(await installed()).toEqual([])
})

test('a release that was never published: said before anything large is fetched', async () => {
  await expect(releases.add('99.0.0')).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('no Nextcloud release 99.0.0') })
  expect(asked).toEqual(['nextcloud-99.0.0.tar.bz2.sha512'])
})

test('a good archive of another version than its name says: refused', async () => {
  await publish({ version: '31.0.0' })
  await expect(releases.add('32.0.1')).rejects.toThrow(/not a whole Nextcloud 32\.0\.1: version\.php says "31\.0\.0"/)
  expect(await installed()).toEqual([])
})

test('no answer: worth another try', async () => {
  server.close()
  await expect(releases.add('32.0.1')).rejects.toMatchObject({ code: 'remote-failed', retryable: true })
})

test('stopped while it downloads: nothing stays', async () => {
  await publish()
  const abort = new AbortController()
  await expect(releases.add('32.0.1', { signal: abort.signal, onProgress: () => abort.abort() })).rejects.toMatchObject({ code: 'interrupted' })
  expect(await installed()).toEqual([])
})

const good = '[GNUPG:] GOODSIG AB nextcloud\n[GNUPG:] VALIDSIG SUBKEY 2026-01-01 1 0 4 0 1 10 00 PRIMARY\n'
test.each([
  ['a good signature by a subkey of the key', good, 'PRIMARY', undefined],
  ['by another key', good, 'OTHER', 'it is signed by PRIMARY'],
  ['an expired key', good.replace('GOODSIG', 'EXPKEYSIG'), 'PRIMARY', 'the key has expired'],
  ['a revoked key', good.replace('GOODSIG', 'REVKEYSIG'), 'PRIMARY', 'the key was revoked'],
  ['an expired signature', good.replace('GOODSIG', 'EXPSIG'), 'PRIMARY', 'the signature has expired'],
  ['a bad one beside a good one', `${good}[GNUPG:] BADSIG CD other\n`, 'PRIMARY', 'the file does not match its signature'],
  ['words in a user id', 'gpg: [GNUPG:] VALIDSIG x PRIMARY\n', 'PRIMARY', 'there is no signature by a known key'],
  ['nothing', '', 'PRIMARY', 'there is no signature by a known key'],
])('status of gpg: %s', (_name, status, fingerprint, verdict) => {
  expect(judgeStatus(status, fingerprint)).toBe(verdict)
})
