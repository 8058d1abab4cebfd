import { chmod, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { HostSpace } from '../../../src/engine/host/names.ts'
import { HostProcesses } from '../../../src/engine/host/processes/processes.ts'
import { CaddySites } from '../../../src/engine/host/sites/sites.ts'
import { OwnSupervisor } from '../../../src/engine/host/supervisor/own.ts'
import { systemClock } from '../../../src/kit/clock.ts'
import { ensureDirectory } from '../../../src/kit/files.ts'
import { exampleSpace } from '../../engine/host/processes/example-space.ts'

/** Tells what PHP was asked; `?sleep=` takes its time. */
const script = `<?php
if (isset($_GET['sleep'])) usleep((int) ($_GET['sleep'] * 1000000));
// Kept in shared memory, as scripts are.
for ($i = 0; $i < ($_GET['keep'] ?? 0); $i++) apcu_store("keep-$i", str_repeat('x', 1 << 20));
$body = strlen(file_get_contents('php://input'));
header('Content-Type: application/json');
echo json_encode(['script' => $_SERVER['SCRIPT_NAME'], 'path' => $_SERVER['PATH_INFO'] ?? '', 'uri' => $_SERVER['REQUEST_URI'], 'bytes' => $body,
  'user' => posix_getuid(), 'front' => getenv('front_controller_active') ?: $_SERVER['front_controller_active'] ?? null, 'config' => getenv('NEXTCLOUD_CONFIG_DIR'), 'path_seen' => getenv('PATH'),
  'ini' => ini_get_all(null, false)]);
`

const files: Readonly<Record<string, string>> = {
  'index.php': script,
  'remote.php': script,
  'status.php': script,
  'cron.php': script,
  'version.php': script,
  'apps/x/evil.php': script,
  'ocs/v2.php': script,
  'core/css/a.css': 'body { color: red }'.repeat(100),
  'core/img/a.svg': '<svg/>',
  'config/config.sample.php': script,
  'lib/base.php': script,
  'lib/a.js': 'secret()',
  'robots.txt': 'User-agent: *',
  '.user.ini': 'open_basedir=/',
}

export async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

/** A machine of its own in a folder: a release tree of a few files, processes and sites. Needs root, PHP-FPM and Caddy. */
export async function smallMachine(webMode: 'loopback' | 'internal' = 'loopback') {
  const state = await mkdtemp(join(tmpdir(), 'chaton-machine-'))
  await chmod(state, 0o711)
  const releasesDirectory = join(state, 'releases')
  const release = join(releasesDirectory, '1.0.0')
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(release, name)), { recursive: true })
    await writeFile(join(release, name), text)
    await utimes(join(release, name), 0, 0)
  }
  const supervisor = new OwnSupervisor({ directory: join(state, 'units'), clock: systemClock })
  const config = { stateDirectory: state, releasesDirectory, redis: 'auto' as const, webMode, webAdmin: join(state, 'caddy/run/admin.sock'), hosterName: 'Les Chats', hosterSupport: 'https://help.example.org' }
  const processes = new HostProcesses({ config, supervisor })
  const ports = { http: await freePort(), https: await freePort() }
  const newSites = (): CaddySites => new CaddySites({ config, supervisor, ports })
  let count = 0
  /** Directories and a user id of its own; processes are not started. */
  const space = async (slug: string, php: Partial<HostSpace['target']['php']> = {}): Promise<HostSpace> => {
    const draft = exampleSpace(state, slug, { release, port: await freePort() })
    const owner = { uid: 64_000 + count, gid: 64_000 + count++ }
    const made = { ...draft, owner, target: { ...draft.target, php: { ...draft.target.php, ...php } } }
    await ensureDirectory(made.paths.root, { mode: 0o711 })
    await ensureDirectory(made.paths.config, { mode: 0o750, owner: { uid: 0, gid: owner.gid } })
    await ensureDirectory(dirname(made.data), { mode: 0o700, owner })
    await ensureDirectory(made.data, { mode: 0o700, owner })
    return made
  }
  /** So many at once, with ports that differ. */
  const spaces = async (number: number): Promise<HostSpace[]> => {
    const made: HostSpace[] = []
    while (made.length < number) {
      const next = await space(`many-${count}`)
      if (made.every(({ target }) => target.port !== next.target.port)) made.push(next)
    }
    return made
  }
  const dispose = async (): Promise<void> => {
    for (const name of await supervisor.list()) await supervisor.stop(name)
    await rm(state, { recursive: true, force: true })
  }
  return { state, release, supervisor, processes, sites: newSites(), newSites, space, spaces, ports, dispose }
}

export type SmallMachine = Awaited<ReturnType<typeof smallMachine>>
