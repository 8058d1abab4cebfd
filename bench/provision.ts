import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { releasesDirectory, whyNoHostEngine } from '../test/real/support/machine.ts'
import { openBenchHost, releaseUsed } from './host.ts'
import { median, round, type Bench } from './report.ts'

const rounds = 5

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
      const { status, stdout } = spawnSync('php', ['-d', 'memory_limit=512M', join(releasesDirectory, releaseUsed(), 'occ'), 'maintenance:install', '--no-interaction', ...database, ...account], {
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
    await using host = openBenchHost()
    host.provision('bench-0')
    const ours: number[] = []
    const theirs: number[] = []
    for (let turn = 1; turn <= rounds; turn++) {
      theirs.push(install(host.state, turn))
      ours.push(timed(() => host.provision(`bench-${turn}`)))
    }
    const [our, their] = [median(ours) / 1000, median(theirs) / 1000]
    const figures = { ours: round(our), other: round(their), otherName: 'occ maintenance:install alone', ratio: round(their / our) }
    report({ figure: 'chaton provision to a healthy space, seconds', ...figures, goal: '2 s or less', met: our <= 2 })
    report({ figure: 'times faster than an installation', ...figures, goal: 'at least 4 times', met: their / our >= 4 })
  },
}
