import { copyFile, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { findPhp } from '../../src/engine/host/processes/php-binary.ts'
import { CaddySites } from '../../src/engine/host/sites/sites.ts'
import { answers } from '../../src/engine/host/supervisor/socket.ts'
import { run, spawnDetached } from '../../src/kit/exec.ts'
import { bodyOf, runInFpm } from '../engine/host/processes/fastcgi.ts'
import { neighbours, placesOf, secretOf, type Neighbours } from './isolation/neighbours.ts'

interface Answer {
  readonly user: number
  readonly controls: Readonly<Record<string, unknown>>
  readonly leaks: Readonly<Record<string, unknown>>
}

/** Names of all tries that got something. */
const leaksOf = (answer: Answer): string[] => Object.entries(answer.leaks).flatMap(([name, got]) => (got === null ? [] : [name]))

describe('a space and its neighbour', () => {
  let pair: Neighbours
  let targets: string
  let caddyAdmin: string

  beforeAll(async () => {
    pair = await neighbours()
    caddyAdmin = join(pair.state, 'caddy/run/admin.sock')
    const config = { stateDirectory: pair.state, webMode: 'loopback' as const, webAdmin: caddyAdmin, hosterName: 'Test', hosterSupport: '' }
    const { victim } = pair
    await new CaddySites({ config, supervisor: pair.supervisor }).ensure({ ...victim, target: { ...victim.target, port: 20_961 } }, 'live')
    const own = await placesOf(pair, pair.thief)
    const other = await placesOf(pair, pair.victim)
    targets = JSON.stringify({ own, other, release: pair.release, postgresql: '/var/run/postgresql', caddyAdmin })
    for (const space of [pair.thief, pair.victim]) await live(space.paths.phpSocket, join(space.paths.temporary, 'live.php'), await placesOf(pair, space))
  })

  afterAll(async () => {
    await pair?.dispose()
  })

  const live = async (socket: string, script: string, own: object): Promise<{ secret: string; kept: string[] }> =>
    bodyOf(await runInFpm(socket, script, { own: JSON.stringify(own) })) as { secret: string; kept: string[] }

  it('keeps everything to itself from PHP-FPM of another', async () => {
    const { thief } = pair

    const answer = bodyOf(await runInFpm(thief.paths.phpSocket, join(thief.paths.temporary, 'attack.php'), { targets })) as Answer

    expect(answer.user).toBe(thief.owner.uid)
    expect(answer.controls).toMatchObject({
      'own-config': secretOf(thief),
      'own-apcu': secretOf(thief),
      'own-data': secretOf(thief),
      'own-database': secretOf(thief),
      'own-redis': expect.stringContaining(secretOf(thief)),
      'own-temporary': 'written',
      'release-read': expect.stringContaining('release'),
    })
    expect(leaksOf(answer)).toEqual([])
  })

  it('keeps everything to itself from command-line runs of another', async () => {
    const { thief, processes } = pair
    const { cli } = await findPhp()
    const script = join(thief.paths.temporary, 'attack.php')

    const result = await run(cli, [...processes.commandLineSettings(thief), script], { as: thief.owner, env: { TARGETS: targets } })
    const answer = JSON.parse(result.stdout) as Answer

    expect(answer.user).toBe(thief.owner.uid)
    expect(answer.controls).toMatchObject({ 'own-config': secretOf(thief), 'own-database': secretOf(thief), 'own-redis': expect.stringContaining(secretOf(thief)) })
    expect(leaksOf(answer)).toEqual([])
  })

  it('is fenced by its Unix user alone, without any setting of PHP', async () => {
    const { thief } = pair
    const { cli } = await findPhp()

    const result = await run(cli, ['-d', 'apc.enable_cli=1', join(thief.paths.temporary, 'attack.php')], { as: thief.owner, env: { TARGETS: targets } })
    const answer = JSON.parse(result.stdout) as Answer

    expect(answer.controls).toMatchObject({ 'own-config': secretOf(thief) })
    expect(leaksOf(answer)).toEqual([])
  })

  it('never keeps its settings in shared memory, while its code is kept', async () => {
    const { victim, release } = pair
    const script = join(release, 'live.php')
    await copyFile(join(victim.paths.temporary, 'live.php'), script)
    await utimes(script, 0, 0)

    const own = await placesOf(pair, victim)
    await live(victim.paths.phpSocket, script, own)
    const { secret, kept } = await live(victim.paths.phpSocket, script, own)

    expect(secret).toBe(secretOf(victim))
    expect(kept).toContain('live.php')
    expect(kept).not.toContain('config.php')
  })

  it('would leak under one master for both: the tries above find it', async () => {
    const { thief, victim, state } = pair
    const { fpm } = await findPhp()
    const config = join(state, 'shared.conf')
    const pools = [thief, victim].map(
      ({ names, paths, owner }) => `[${names.id}]\nuser = ${owner.uid}\ngroup = ${owner.gid}\nlisten = ${join(paths.run, 'shared.sock')}\nlisten.mode = 0666\npm = ondemand\npm.max_children = 2\n`,
    )
    await writeFile(config, `[global]\nerror_log = ${join(state, 'shared.log')}\n${pools.join('')}`)
    const socketOf = (space: typeof thief): string => join(space.paths.run, 'shared.sock')
    const master = await spawnDetached(fpm, ['--nodaemonize', '--allow-to-run-as-root', '--fpm-config', config], { logFile: join(state, 'shared.out') })
    await vi.waitUntil(async () => answers(socketOf(victim)), { timeout: 10_000 })
    try {
      const { redisSocket: _redis, ...own } = await placesOf(pair, victim)
      await live(socketOf(victim), join(victim.paths.temporary, 'live.php'), own)

      const answer = bodyOf(await runInFpm(socketOf(thief), join(thief.paths.temporary, 'attack.php'), { targets })) as Answer

      expect(answer.user).toBe(thief.owner.uid)
      expect(leaksOf(answer)).toEqual(expect.arrayContaining(['config-include', 'opcache-status', 'apcu']))
      expect(answer.leaks['config-include']).toBe(secretOf(victim))
    } finally {
      process.kill(master, 'SIGTERM')
    }
  })

  it('finds release tree and settings as they were', async () => {
    expect(await readFile(join(pair.release, 'index.php'), 'utf8')).toBe('<?php echo "release";')
    expect(await readFile(join(pair.thief.paths.config, 'config.php'), 'utf8')).toContain(secretOf(pair.thief))
  })
})
