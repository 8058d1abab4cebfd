import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { OwnSupervisor } from '../../../src/engine/host/supervisor/own.ts'
import { systemClock } from '../../../src/kit/clock.ts'
import { randomName } from '../../../src/kit/random.ts'
import { runCli, startCli, type Ended, type RunningCli } from '../../support/cli.ts'

/** A `chaton` of its own on this machine (one "engine root"), spoken to through its command line. */
export interface Installation extends AsyncDisposable {
  readonly state: string
  /** Slugs of this installation start with it, so that what it leaves on the machine can be told from all else. */
  readonly prefix: string
  start(...args: readonly string[]): RunningCli
  run(...args: readonly string[]): Promise<Ended>
  /** The JSON document of a command that must end well. */
  json<T>(...args: readonly string[]): Promise<T>
  /** The error of a command that must fail with this exit code. */
  refusal(exitCode: number, ...args: readonly string[]): Promise<Refusal>
  /** Writes a manifest for `<prefix>-<name>`; `spec` is YAML in flow style. */
  manifest(name: string, spec?: string): string
  slug(name: string): string
  slugs(): Promise<readonly string[]>
  /** Everything on the machine that bears the name of a space of this installation, a kind and a name each. */
  remains(): string[]
}

export interface Refusal {
  readonly code: string
  readonly exitCode: number
  readonly message: string
  readonly next: readonly string[]
  readonly data: Readonly<Record<string, unknown>>
}

const host = { CHATON_ENGINE: 'host', CHATON_DOMAIN: 'hote.example', CHATON_VOLUMES_KIND: 'directory', CHATON_SUPERVISOR: 'own' }

/** With `beside`, slugs start as those of that other installation, which must outlive this one. */
export function openInstallation(firstPort: number, settings: Readonly<Record<string, string>> = {}, beside?: Installation): Installation {
  const state = mkdtempSync(join(tmpdir(), 'chaton-real-'))
  execFileSync('chmod', ['0711', state])
  mkdirSync(join(state, 'manifests'))
  const prefix = beside?.prefix ?? `t${randomName(5)}`
  const env = { ...host, CHATON_STATE_DIRECTORY: state, CHATON_WEB_FIRST_PORT: String(firstPort), ...settings }
  const volumes = settings['CHATON_VOLUMES_DIRECTORY'] ?? join(state, 'volumes')
  const run = async (...args: readonly string[]): Promise<Ended> => await runCli(args, env)
  const slugs = async (): Promise<string[]> => {
    const { stdout } = await run('space', 'list', '--json')
    return (JSON.parse(stdout) as { spaces: { metadata: { name: string } }[] }).spaces.map(({ metadata }) => metadata.name)
  }
  return {
    state,
    prefix,
    start: (...args) => startCli(args, env),
    run,
    async json<T>(...args: readonly string[]) {
      const ended = await run(...args, '--json')
      expect(ended.exitCode, `chaton ${args.join(' ')}\n${ended.stdout}${ended.stderr}`).toBe(0)
      return JSON.parse(ended.stdout) as T
    },
    async refusal(exitCode, ...args) {
      const ended = await run(...args, '--json')
      expect(ended.exitCode, `chaton ${args.join(' ')}\n${ended.stdout}${ended.stderr}`).toBe(exitCode)
      const { error } = JSON.parse(ended.stdout) as { error: Refusal }
      expect(error.exitCode).toBe(exitCode)
      return error
    },
    manifest(name, spec = 'plan: tiny') {
      const slug = `${prefix}-${name}`
      const file = join(state, 'manifests', `${slug}.yaml`)
      const owner = `owner: { name: Camille ${name}, email: ${name}@essai.example }`
      writeFileSync(file, `apiVersion: chaton.hosting/v1alpha1\nkind: Space\nmetadata: { name: ${slug} }\nspec: { title: Essai ${name}, ${owner}, ${spec} }\n`)
      return file
    },
    slug: (name) => `${prefix}-${name}`,
    slugs,
    remains: () => {
      const found = remainsOf(prefix, [join(state, 'spaces'), volumes, join(volumes, '.snapshots'), join(state, 'caddy/sites')])
      const theirs = beside === undefined ? [] : namesIn(join(beside.state, 'spaces'))
      return found.filter((line) => !theirs.some((id) => line.includes(id)))
    },
    async [Symbol.asyncDispose]() {
      for (const slug of await slugs()) await run('space', 'delete', slug, '--confirm', slug, '--no-backup')
      const supervisor = new OwnSupervisor({ directory: join(state, 'units'), clock: systemClock })
      for (const unit of await supervisor.list()) await supervisor.stop(unit)
      for (const id of namesIn(join(state, 'golden'))) dropGolden(id)
      rmSync(state, { recursive: true, force: true })
    },
  }
}

const namesIn = (directory: string): string[] => (existsSync(directory) ? readdirSync(directory) : [])
const lines = (command: string, ...args: readonly string[]): string[] => execFileSync(command, args, { encoding: 'utf8' }).split('\n')
const sql = (query: string): string[] => lines('runuser', '-u', 'postgres', '--', 'psql', '-XAtc', query)

function remainsOf(prefix: string, directories: readonly string[]): string[] {
  const mark = `ch-${prefix}`
  const found = {
    user: lines('getent', 'passwd'),
    group: lines('getent', 'group'),
    database: sql('SELECT datname FROM pg_database'),
    role: sql('SELECT rolname FROM pg_roles'),
    process: lines('ps', '-eo', 'user:40,args').filter((line) => !line.includes(' ps ')),
    file: directories.flatMap(namesIn),
  }
  return Object.entries(found).flatMap(([kind, names]) => names.filter((name) => name.includes(mark)).map((name) => `${kind} ${name}`))
}

function dropGolden(id: string): void {
  if (!/^ch-golden-[0-9a-f]{6}$/.test(id)) return
  const at = ['-u', 'postgres', '--', 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1']
  if (sql(`SELECT 1 FROM pg_database WHERE datname = '${id}'`)[0] === '1') {
    execFileSync('runuser', [...at, '-c', `ALTER DATABASE "${id}" IS_TEMPLATE false`])
    execFileSync('runuser', [...at, '-c', `DROP DATABASE "${id}"`])
  }
  execFileSync('runuser', [...at, '-c', `DROP ROLE IF EXISTS "${id}"`])
}
