import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defaultsFor } from '../../../../src/config/defaults.ts'
import { loadConfig } from '../../../../src/config/load.ts'
import { createReleases } from '../../../../src/engine/host/releases/catalogue.ts'
import { debianOf, debians, packagesFor } from '../../../../src/engine/host/setup/debian.ts'
import { installedPackages, postgresqlClusters, readOs } from '../../../../src/engine/host/setup/facts.ts'
import type { SetupAction, SetupFacts } from '../../../../src/engine/host/setup/plan.ts'
import { setupHost, type Machine, type SetupOptions } from '../../../../src/engine/host/setup/setup.ts'
import { makeTree } from '../releases/archives.ts'

let work: string
let said: string[]
beforeEach(async () => {
  work = await mkdtemp('/tmp/chaton-setup-')
  said = []
})
afterEach(async () => {
  await rm(work, { recursive: true, force: true })
})

const options = (more: Partial<SetupOptions> = {}): SetupOptions => {
  const state = join(work, 'state')
  const config = { ...defaultsFor(state), releasesDirectory: join(state, 'releases'), hosterName: 'Les "Hébergeurs": du coin' }
  return { config, releases: createReleases(config.releasesDirectory), settingsFile: join(work, 'etc/chaton.yaml'), dryRun: false, say: (line) => said.push(line), ...more }
}

/** A bare machine in memory: what was performed changes what it looks like. `failAt` breaks one action. */
function pretend(failAt?: string): Machine & { readonly performed: string[] } {
  const performed: string[] = []
  let facts: Omit<SetupFacts, 'settings'> & { settings: string | undefined } = {
    os: { id: 'debian', version: '12', name: 'Debian 12' },
    root: true,
    systemd: true,
    packages: new Set<string>(),
    masked: new Set<string>(),
    postgresql: [],
    directories: new Map<string, number>(),
    releases: [],
    settings: undefined,
  }
  return {
    performed,
    facts: async () => facts,
    perform: async (action: SetupAction) => {
      const word = action.kind === 'run' ? `${action.program} ${action.args.find((arg) => !arg.startsWith('-') && !arg.includes('=')) ?? ''}` : action.kind
      if (word === failAt) throw new Error('broken')
      performed.push(word)
      if (word === 'systemctl mask' && action.kind === 'run') facts = { ...facts, masked: new Set(action.args.slice(1)) }
      if (word === 'apt-get install') facts = { ...facts, packages: new Set(packagesFor(debians[0]!)), postgresql: [{ version: '15', name: 'main', online: false }] }
      if (word === 'pg_ctlcluster 15') facts = { ...facts, postgresql: [{ version: '15', name: 'main', online: true }] }
      if (action.kind === 'directory') facts = { ...facts, directories: new Map([...facts.directories, [action.path, action.mode] as const]) }
      if (action.kind === 'write') facts = { ...facts, settings: action.text }
      if (action.kind === 'release') facts = { ...facts, releases: [action.source] }
    },
  }
}

test('a bare machine: what the packages bring is looked at again before going on; the second run has nothing to do', async () => {
  const machine = pretend()
  const first = await setupHost(options({ machine, domain: 'example.org' }))
  expect(first.done).toEqual(['services', 'packages', 'postgresql', 'directories', 'settings', 'release'])
  expect(first.settings.state).toBe('written')
  expect(said.filter((line) => line.startsWith('#'))).toHaveLength(6)
  const second = await setupHost(options({ machine, domain: 'example.org' }))
  expect(second.plan.steps).toEqual([])
  expect(second.done).toEqual([])
  expect(second.settings.state).toBe('same')
  expect((await setupHost(options({ machine, domain: 'other.example' }))).settings.state).toBe('different')
})

test('goes on where it broke', async () => {
  const machine = pretend('directory')
  await expect(setupHost(options({ machine }))).rejects.toThrow('broken')
  expect(machine.performed).not.toContain('write')
  expect((await setupHost(options({ machine, dryRun: true }))).plan.steps.map(({ name }) => name)).toEqual(['directories', 'settings', 'release'])
})

test('a dry run says everything and does nothing', async () => {
  const machine = pretend()
  const { plan, done, settings } = await setupHost(options({ machine, dryRun: true }))
  expect(machine.performed).toEqual([])
  expect(done).toEqual([])
  expect(settings.state).toBe('absent')
  for (const { actions } of plan.steps) expect(actions.length).toBeGreaterThan(0)
  expect(said.join('\n')).toMatch(/apt-get .* install .*postgresql[^]*chaton release add/)
})

test('the settings it writes are read back by chaton as they are meant', async () => {
  const { settings } = await setupHost(options({ machine: pretend(), dryRun: true, domain: 'example.org' }))
  const surroundings = { uid: 0, homeDirectory: '/root', environment: {} }
  const config = loadConfig({ file: { path: 'chaton.yaml', text: settings.text }, flags: {}, surroundings })
  expect(config).toMatchObject({ engine: 'host', domain: 'example.org', webMode: 'public', hosterName: 'Les "Hébergeurs": du coin', mailUrl: '' })
  const { settings: trial } = await setupHost(options({ machine: pretend(), dryRun: true }))
  expect(loadConfig({ file: { path: 'chaton.yaml', text: trial.text }, flags: {}, surroundings })).toMatchObject({ domain: 'chaton.localhost', webMode: 'loopback' })
})

/** Root on a known Debian that has all packages and a running PostgreSQL: then nothing of the machine itself is changed. */
async function hasPackages(): Promise<boolean> {
  const [debian, packages, clusters] = await Promise.all([readOs().then(debianOf), installedPackages(), postgresqlClusters()])
  const whole = debian !== undefined && packagesFor(debian).every((name) => packages.has(name))
  return process.getuid?.() === 0 && whole && clusters.some(({ online }) => online)
}

test.runIf(await hasPackages())('on this machine, for real, as far as files go: directories, settings, a release; then nothing to do', async () => {
  await makeTree(join(work, 'tree'), '32.0.1')
  const real = options({ release: join(work, 'tree'), domain: 'example.org' })
  const dry = await setupHost({ ...real, dryRun: true })
  expect(dry.plan.steps.map(({ name }) => name)).toEqual(['directories', 'settings', 'release'])
  const { done, settings } = await setupHost(real)
  expect(done).toEqual(['directories', 'settings', 'release'])
  expect(await readFile(settings.path, 'utf8')).toBe(settings.text)
  expect((await stat(join(work, 'state/backups'))).mode & 0o777).toBe(0o700)
  expect((await stat(join(work, 'state'))).mode & 0o777).toBe(0o711)
  expect((await createReleases(join(work, 'state/releases')).list()).map(({ version }) => version)).toEqual(['32.0.1'])
  await writeFile(settings.path, 'engine: host\n')
  const again = await setupHost({ ...real, release: '32.0.1' })
  expect(again).toMatchObject({ done: [], plan: { steps: [] }, settings: { state: 'different' } })
  expect(await readFile(settings.path, 'utf8')).toBe('engine: host\n')
  expect((await setupHost(real)).done).toEqual(['release'])
  expect(said.at(-1)).toContain('32.0.1 is already installed')
})
