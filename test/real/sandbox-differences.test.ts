import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, describe, it } from 'vitest'
import { basicAuth } from '../../src/kit/http.ts'
import { describeNextcloudHttp, type WireServer } from '../conformance/nextcloud.ts'
import { releasesDirectory, releasesHere, wantedReleases } from './support/machine.ts'
import { freePort } from './support/small-release.ts'

const run = promisify(execFile)
const user = 'camille'
const password = 'Un-Mot-De-Passe-1729'

/** PHP as a user who can write nothing but its own directory: the trees of releases are shared. */
const asNobody = ['--reuid=nobody', '--regid=nogroup', '--clear-groups', 'php', '-d', 'memory_limit=512M']

/** A plain Nextcloud of this release: SQLite and PHP's own web server, without any engine of ours in between. */
async function plainNextcloud(release: string): Promise<WireServer> {
  const tree = join(releasesDirectory, release)
  const directory = await mkdtemp(join(tmpdir(), 'chaton-plain-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const settings = [
    `'apps_paths' => [['path' => '${tree}/apps', 'url' => '/apps', 'writable' => false]]`,
    `'appstoreenabled' => false, 'has_internet_connection' => false, 'auth.bruteforce.protection.enabled' => false, 'ratelimit.protection.enabled' => false`,
    `'trusted_domains' => ['127.0.0.1:${port}'], 'skeletondirectory' => '', 'templatedirectory' => ''`,
  ]
  await writeFile(join(directory, 'config.php'), `<?php\n$CONFIG = [${settings.join(', ')}];\n`)
  const env = { PATH: '/usr/bin:/bin', NEXTCLOUD_CONFIG_DIR: directory, PHP_CLI_SERVER_WORKERS: '4' }
  const install = ['maintenance:install', '--database=sqlite', `--data-dir=${directory}/data`, '--admin-user=admin', `--admin-pass=${password}`]
  await run('chown', ['-R', 'nobody:nogroup', directory])
  await run('setpriv', [...asNobody, join(tree, 'occ'), ...install], { env })
  const server = spawn('setpriv', [...asNobody, '-S', `127.0.0.1:${port}`, '-t', tree], { env, stdio: 'ignore', detached: true })
  const cleanup = async (): Promise<void> => {
    if (server.pid !== undefined && server.exitCode === null && server.signalCode === null) process.kill(-server.pid, 'SIGKILL')
    await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  }
  const answers = async (): Promise<boolean> => fetch(`${url}/status.php`).then((response) => response.ok, () => false)
  for (let tries = 0; tries < 100 && !(await answers()); tries += 1) await delay(100)
  const ocs = async (call: string, as: string, init: RequestInit = {}): Promise<unknown> => {
    const response = await fetch(`${url}/ocs/v2.php/${call}?format=json`, { ...init, headers: { authorization: basicAuth(as, password), 'ocs-apirequest': 'true' } })
    return ((await response.json()) as { ocs: { data: unknown } }).ocs.data
  }
  // The account of the install counts as having signed in already: what a first sign-in makes is not made for it.
  await ocs('cloud/users', 'admin', { method: 'POST', body: new URLSearchParams({ userid: user, password, 'groups[]': 'admin' }) })
  const { apppassword } = (await ocs('core/getapppassword', user)) as { apppassword: string }
  return { url, user, password: apppassword, accountPassword: password, cleanup }
}

const here = releasesHere()
const opened = new Map<string, Promise<WireServer>>()

function open(release: string): Promise<WireServer> {
  const server = opened.get(release) ?? plainNextcloud(release)
  opened.set(release, server)
  return server
}

afterAll(async () => {
  for (const server of await Promise.allSettled(opened.values())) if (server.status === 'fulfilled') await server.value.cleanup?.()
})

for (const [index, release] of here.entries()) {
  describeNextcloudHttp(`real ${release}`, () => {
    const server = open(release)
    // Installing the next takes one core while the table of this one takes another; what fails is told where it is used.
    for (const next of here.slice(index + 1, index + 2)) open(next).catch(() => undefined)
    return server
  })
}

describe.each(wantedReleases.filter((release) => !here.includes(release)))('Nextcloud on the wire: real %s', (release) => {
  it.skip(`this machine lacks release ${release}`, () => undefined)
})
