import { expect, test } from 'vitest'
import { debians, packagesFor, parseOsRelease } from '../../../../src/engine/host/setup/debian.ts'
import { defaultRelease, planSetup, shellLine, type SetupFacts, type SetupWishes } from '../../../../src/engine/host/setup/plan.ts'

const wishes: SetupWishes = {
  settingsFile: '/etc/chaton/chaton.yaml',
  settings: 'engine: host\ndomain: "example.org"\nweb:\n  mode: public\n',
  stateDirectory: '/var/lib/chaton',
  releasesDirectory: '/var/lib/chaton/releases',
  backupDirectory: '/var/lib/chaton/backups',
  release: undefined,
}
const bare: SetupFacts = {
  os: { id: 'debian', version: '12', name: 'Debian GNU/Linux 12 (bookworm)' },
  root: true,
  systemd: true,
  packages: new Set(['bash']),
  masked: new Set(),
  postgresql: [],
  directories: new Map(),
  releases: [],
  settings: undefined,
}
const [debian12, debian13] = debians
const ready: SetupFacts = {
  ...bare,
  packages: new Set(packagesFor(debian12!)),
  masked: new Set(['php8.2-fpm.service', 'redis-server.service', 'caddy.service']),
  postgresql: [{ version: '15', name: 'main', online: true }],
  directories: new Map([['/var/lib/chaton', 0o711], ['/var/lib/chaton/releases', 0o755], ['/var/lib/chaton/apps', 0o755], ['/var/lib/chaton/backups', 0o700]]),
  releases: ['32.0.1'],
  settings: wishes.settings,
}
const lines = (facts: SetupFacts, more: Partial<SetupWishes> = {}): string[] => planSetup(facts, { ...wishes, ...more }).steps.flatMap(({ actions }) => actions.map(shellLine))
const names = (facts: SetupFacts, more: Partial<SetupWishes> = {}): string[] => planSetup(facts, { ...wishes, ...more }).steps.map(({ name }) => name)

test('a bare Debian 12: every command, in order', () => {
  expect(lines(bare)).toEqual([
    'systemctl mask php8.2-fpm.service redis-server.service caddy.service',
    'DEBIAN_FRONTEND=noninteractive dpkg --configure -a',
    'DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 update',
    'DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends ' +
      'php8.2-fpm php8.2-cli php8.2-pgsql php8.2-sqlite3 php8.2-gd php8.2-xml php8.2-mbstring php8.2-curl php8.2-zip php8.2-intl ' +
      'php8.2-bcmath php8.2-gmp php8.2-apcu php8.2-redis php8.2-opcache postgresql caddy redis-server btrfs-progs bzip2 unzip gnupg acl ca-certificates',
    'install -d -m 0711 /var/lib/chaton',
    'install -d -m 0755 /var/lib/chaton/releases',
    'install -d -m 0755 /var/lib/chaton/apps',
    'install -d -m 0700 /var/lib/chaton/backups',
    `install -D -m 0644 /dev/stdin /etc/chaton/chaton.yaml <<'END'\n${wishes.settings}END`,
    `chaton release add ${defaultRelease}`,
  ])
})

test('Debian 13 has PHP 8.4', () => {
  const plan = lines({ ...bare, os: { ...bare.os, version: '13' } }).join('\n')
  expect(plan).toContain('php8.4-fpm php8.4-cli php8.4-pgsql')
  expect(plan).not.toContain('8.2')
  expect(debian13?.postgresql).toBe('17')
})

test('a ready machine: nothing to do', () => {
  expect(planSetup(ready, wishes)).toEqual({ steps: [], notes: ['Nextcloud 32.0.1 is installed'] })
})

test('a service that was here before is left running, and told', () => {
  const facts = { ...ready, masked: new Set<string>() }
  const { steps, notes } = planSetup(facts, wishes)
  expect(steps).toEqual([])
  expect(notes[0]).toContain('systemctl disable --now php8.2-fpm.service redis-server.service caddy.service')
})

test('only missing packages are installed, and only their services are kept from starting', () => {
  const packages = new Set([...ready.packages].filter((name) => !['redis-server', 'acl'].includes(name)))
  expect(lines({ ...ready, packages, masked: new Set() })).toEqual([
    'systemctl mask redis-server.service',
    'DEBIAN_FRONTEND=noninteractive dpkg --configure -a',
    'DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 update',
    'DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends redis-server acl',
  ])
})

test('without systemd, services that the packages started are stopped', () => {
  const packages = new Set([...ready.packages].filter((name) => name !== 'redis-server'))
  expect(lines({ ...ready, systemd: false, packages, masked: new Set() }).at(-1)).toBe('service redis-server stop')
})

test.each<[string, Partial<SetupFacts>, string[]]>([
  ['PostgreSQL is down', { postgresql: [{ version: '15', name: 'main', online: false }] }, ['pg_ctlcluster 15 main start']],
  ['PostgreSQL has no cluster', { postgresql: [] }, ['pg_createcluster --start 15 main']],
  ['a directory is missing', { directories: new Map([...ready.directories].filter(([path]) => !path.endsWith('apps'))) }, ['install -d -m 0755 /var/lib/chaton/apps']],
  ['spaces cannot pass through the state directory', { directories: new Map([...ready.directories, ['/var/lib/chaton', 0o700]]) }, ['install -d -m 0711 /var/lib/chaton']],
  ['a directory is wider than it was made', { directories: new Map([...ready.directories, ['/var/lib/chaton', 0o755]]) }, []],
  ['no release', { releases: [] }, [`chaton release add ${defaultRelease}`]],
])('%s', (_name, facts, expected) => {
  expect(lines({ ...ready, ...facts })).toEqual(expected)
})

test('the release asked for is added, unless it is there', () => {
  expect(lines(ready, { release: '34.0.1' })).toEqual(['chaton release add 34.0.1'])
  expect(lines(ready, { release: "/srv/it's here.zip" })).toEqual([String.raw`chaton release add '/srv/it'\''s here.zip'`])
  expect(names(ready, { release: '32.0.1' })).toEqual([])
})

test('settings are never overwritten', () => {
  const { steps, notes } = planSetup({ ...ready, settings: 'engine: sandbox\n' }, wishes)
  expect(steps).toEqual([])
  expect(notes[0]).toBe('/etc/chaton/chaton.yaml is yours and stays as it is; for real spaces it has to say "engine: host"')
  expect(planSetup({ ...ready, settings: 'engine: host\n' }, wishes).notes[0]).toBe('/etc/chaton/chaton.yaml is yours and stays as it is')
})

test('without a domain the settings are for trying, and say so', () => {
  const settings = wishes.settings.replace('public', 'loopback')
  expect(planSetup(bare, { ...wishes, settings }).notes[0]).toMatch(/no --domain was given/)
})

test('another system: what to install by hand', () => {
  const os = parseOsRelease('NAME="Fedora Linux"\nID=fedora\nVERSION_ID=43\nPRETTY_NAME="Fedora Linux 43"\n')
  expect(() => planSetup({ ...bare, os }, wishes)).toThrow(/knows Debian 12 and 13; this is Fedora Linux 43/)
  expect(() => planSetup({ ...bare, os: { ...bare.os, version: '11' } }, wishes)).toThrow(expect.objectContaining({ code: 'machine-not-ready', next: [expect.stringContaining('postgresql caddy redis-server'), expect.anything(), expect.stringContaining('engine: host'), expect.anything()] }))
})

test('without the rights of root: refused', () => {
  expect(() => planSetup({ ...bare, root: false }, wishes)).toThrow(expect.objectContaining({ code: 'machine-not-ready', next: ['run the same command with sudo'] }))
})
