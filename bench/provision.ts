import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { releasesHere, whyNoHostEngine } from '../test/real/support/machine.ts'
import { median, round, type Bench } from './report.ts'

const rounds = 5
const bin = resolve(import.meta.dirname, '../bin/chaton.js')
const releases = '/var/lib/chaton/releases'

function chaton(state: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [bin, ...args], {
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      CHATON_CONFIG: '/dev/null',
      CHATON_ENGINE: 'host',
      CHATON_STATE_DIRECTORY: state,
      CHATON_WEB_FIRST_PORT: '27100',
      CHATON_VOLUMES_OVER_COMMIT: '100',
      CHATON_RELEASES_DEFAULT: releaseUsed(),
    },
  })
  if (status !== 0) throw new Error(`chaton ${args.join(' ')} ended with ${status}: ${stderr}`)
}

const releaseUsed = (): string => (existsSync(join(releases, '32.0.1')) ? '32.0.1' : (releasesHere()[0] ?? ''))

function timed(work: () => void): number {
  const began = performance.now()
  work()
  return performance.now() - began
}

const psql = (sql: string): void => {
  execFileSync('runuser', ['-u', 'postgres', '--', 'psql', '-Xqv', 'ON_ERROR_STOP=1'], { input: sql, stdio: ['pipe', 'ignore', 'inherit'] })
}

/** `occ maintenance:install` alone, into a new PostgreSQL database. */
function install(state: string, turn: number): number {
  const name = `chaton_bench_${turn}`
  psql(`drop database if exists ${name}; drop role if exists ${name}; create role ${name} login createdb password 'bench'; create database ${name} owner ${name};`)
  const [config, data] = [join(state, `occ-${turn}/config`), join(state, `occ-${turn}/data`)]
  for (const folder of [config, data]) mkdirSync(folder, { recursive: true })
  writeFileSync(join(config, 'CAN_INSTALL'), '')
  const database = ['--database', 'pgsql', '--database-host', '127.0.0.1', '--database-name', name, '--database-user', name, '--database-pass', 'bench']
  const account = ['--admin-user', 'admin', '--admin-pass', 'Kahx4ohzeiN6aeL', '--data-dir', data]
  try {
    return timed(() => {
      const { status, stdout } = spawnSync('php', ['-d', 'memory_limit=512M', join(releases, releaseUsed(), 'occ'), 'maintenance:install', '--no-interaction', ...database, ...account], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], NEXTCLOUD_CONFIG_DIR: config },
      })
      if (status !== 0) throw new Error(`occ maintenance:install ended with ${status}: ${stdout}`)
    })
  } finally {
    psql(`drop database if exists ${name} with (force); drop role if exists ${name};`)
  }
}

/** From `chaton provision` to a space that passed its health check, beside `occ maintenance:install` alone, in turns. */
export const provision: Bench = {
  unavailable: whyNoHostEngine,
  run: async (report) => {
    const state = mkdtempSync(join(tmpdir(), 'chaton-bench-'))
    chmodSync(state, 0o755)
    const slugs = Array.from({ length: rounds + 1 }, (_, turn) => `bench-${turn}`)
    try {
      const [first = '', ...others] = slugs
      const flags = ['--plan', 'tiny', '--title', 'Bench', '--owner-name', 'B', '--owner-email', 'b@bench.example', '--no-input']
      chaton(state, 'provision', first, ...flags)
      const ours: number[] = []
      const theirs: number[] = []
      for (const [turn, slug] of others.entries()) {
        theirs.push(install(state, turn))
        ours.push(timed(() => chaton(state, 'provision', slug, ...flags)))
      }
      const [our, their] = [median(ours) / 1000, median(theirs) / 1000]
      const figures = { ours: round(our), other: round(their), otherName: 'occ maintenance:install alone', ratio: round(their / our) }
      report({ figure: 'chaton provision to a healthy space, seconds', ...figures, goal: '2 s or less', met: our <= 2 })
      report({ figure: 'times faster than an installation', ...figures, goal: 'at least 4 times', met: their / our >= 4 })
    } finally {
      for (const slug of slugs) spawnDelete(state, slug)
      rmSync(state, { recursive: true, force: true })
    }
  },
}

function spawnDelete(state: string, slug: string): void {
  try {
    chaton(state, 'space', 'delete', slug, '--confirm', slug, '--no-backup')
  } catch (error) {
    console.error(String(error))
  }
}
