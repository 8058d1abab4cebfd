import { execFile, spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, it } from 'vitest'
import { basicAuth } from '../../src/kit/http.ts'
import { describeNextcloudHttp, type WireServer } from '../conformance/nextcloud.ts'

const run = promisify(execFile)
const releases = '/var/lib/chaton/releases'
const found = existsSync(releases) ? readdirSync(releases).filter((name) => existsSync(join(releases, name, 'occ'))) : []
const password = 'Un-Mot-De-Passe-1729'

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}

/** A plain Nextcloud of this release: SQLite and PHP's own web server, without any engine of ours in between. */
async function plainNextcloud(release: string): Promise<WireServer> {
  const tree = join(releases, release)
  const directory = await mkdtemp(join(tmpdir(), 'chaton-plain-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const settings = [
    `'apps_paths' => [['path' => '${tree}/apps', 'url' => '/apps', 'writable' => false]]`,
    `'appstoreenabled' => false, 'auth.bruteforce.protection.enabled' => false, 'ratelimit.protection.enabled' => false`,
    `'trusted_domains' => ['127.0.0.1:${port}'], 'skeletondirectory' => '', 'templatedirectory' => ''`,
  ]
  await writeFile(join(directory, 'config.php'), `<?php\n$CONFIG = [${settings.join(', ')}];\n`)
  const env = { PATH: '/usr/bin:/bin', NEXTCLOUD_CONFIG_DIR: directory, PHP_CLI_SERVER_WORKERS: '4' }
  const occ = (...args: string[]): Promise<unknown> => run('php', ['-d', 'memory_limit=512M', join(tree, 'occ'), ...args], { env })
  await occ('maintenance:install', '--database=sqlite', `--data-dir=${directory}/data`, '--admin-user=admin', `--admin-pass=${password}`)
  await occ('app:disable', 'password_policy')
  const server = spawn('php', ['-d', 'memory_limit=512M', '-S', `127.0.0.1:${port}`, '-t', tree], { env, stdio: 'ignore', detached: true })
  const answers = async (): Promise<boolean> => fetch(`${url}/status.php`).then((response) => response.ok, () => false)
  for (let tries = 0; tries < 100 && !(await answers()); tries += 1) await delay(100)
  const granted = await fetch(`${url}/ocs/v2.php/core/getapppassword?format=json`, { headers: { authorization: basicAuth('admin', password), 'ocs-apirequest': 'true' } })
  const { apppassword } = ((await granted.json()) as { ocs: { data: { apppassword: string } } }).ocs.data
  const cleanup = async (): Promise<void> => {
    if (server.pid !== undefined) process.kill(-server.pid, 'SIGKILL')
    await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  }
  return { url, user: 'admin', password: apppassword, cleanup }
}

for (const release of found) describeNextcloudHttp(`real ${release}`, () => plainNextcloud(release))

describe.skipIf(found.length > 0)('Nextcloud on the wire: real', () => {
  it.skip(`no release under ${releases}`, () => undefined)
})
