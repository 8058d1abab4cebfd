import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { randomName } from '../../../src/kit/random.ts'
import { runCli, startCli, type Ended, type RunningCli } from '../../support/cli.ts'
import { lines, namesIn, removeInstallation, sql } from './clean-up.ts'

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
  /** Writes a manifest for `<prefix>-<name>`, entrusted to `<owner>@essai.example`; `spec` is YAML in flow style. */
  manifest(name: string, spec?: string, owner?: string): string
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
    manifest(name, spec = 'plan: tiny', owner = name) {
      const slug = `${prefix}-${name}`
      const file = join(state, 'manifests', `${slug}.${owner}.yaml`)
      const person = `owner: { name: Camille ${owner}, email: ${owner}@essai.example }`
      writeFileSync(file, `apiVersion: chaton.hosting/v1alpha1\nkind: Space\nmetadata: { name: ${slug} }\nspec: { title: Essai ${name}, ${person}, ${spec} }\n`)
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
      await removeInstallation(state)
    },
  }
}

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
