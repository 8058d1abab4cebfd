import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ProcessUnit } from '../../../../src/engine/host/parts.ts'
import { SystemdSupervisor } from '../../../../src/engine/host/supervisor/systemd.ts'
import { chooseSupervisor } from '../../../../src/engine/host/supervisor/supervisor.ts'
import { systemdWord, unitText } from '../../../../src/engine/host/supervisor/unit-text.ts'
import { systemClock } from '../../../../src/kit/clock.ts'
import { hasProgram, run } from '../../../../src/kit/exec.ts'

/** Notes each call; `active` beside it says whether the unit runs. */
const fakeSystemctl = `#!/bin/sh
here=$(dirname "$0")
echo "$*" >>"$here/calls"
case "$1" in
  is-active) test -e "$here/active" || exit 3 ;;
  start|restart) : >"$here/active" ;;
  disable) rm -f "$here/active" ;;
esac
`

describe('SystemdSupervisor', () => {
  let root: string
  let listener: Server
  let supervisor: SystemdSupervisor
  let unit: ProcessUnit

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'chaton-systemd-'))
    for (const name of ['bin', 'units', 'state']) await mkdir(join(root, name))
    await writeFile(join(root, 'bin/systemctl'), fakeSystemctl)
    await chmod(join(root, 'bin/systemctl'), 0o755)
    const socket = join(root, 's.sock')
    listener = createServer((connection) => connection.end()).listen(socket)
    supervisor = new SystemdSupervisor({ directory: join(root, 'state'), unitDirectory: join(root, 'units'), path: `${join(root, 'bin')}:/usr/bin:/bin`, clock: systemClock, startMs: 300 })
    unit = { name: 'ch-a-123456.php', description: 'PHP of a', command: '/usr/sbin/php-fpm8.2', args: ['--nodaemonize'], owner: { uid: 990, gid: 991 }, socket, fingerprint: 'one', reloadSignal: 'SIGUSR2' }
  })

  afterEach(async () => {
    listener.close()
    await rm(root, { recursive: true, force: true })
  })

  const calls = async (): Promise<string[]> => {
    const lines = (await readFile(join(root, 'bin/calls'), 'utf8')).trim().split('\n')
    await writeFile(join(root, 'bin/calls'), '')
    return lines.filter((line) => line !== '' && !line.startsWith('is-active'))
  }
  const service = 'chaton-ch-a-123456.php.service'

  it('writes, enables and starts the unit, then leaves it alone', async () => {
    expect(await supervisor.ensure(unit)).toEqual({ started: true, reloaded: false })
    expect(await calls()).toEqual(['daemon-reload', `enable ${service}`, `reset-failed ${service}`, `start ${service}`])
    expect(await supervisor.list()).toEqual(['ch-a-123456.php'])

    expect(await supervisor.ensure(unit)).toEqual({ started: false, reloaded: false })
    expect(await calls()).toEqual([])
  })

  it('reloads on a new fingerprint, restarts on a new command, starts what is down', async () => {
    await supervisor.ensure(unit)
    await calls()
    expect(await supervisor.ensure({ ...unit, fingerprint: 'two' })).toEqual({ started: false, reloaded: true })
    expect(await calls()).toEqual([`reload ${service}`])
    expect(await supervisor.ensure({ ...unit, args: ['--other'] })).toEqual({ started: true, reloaded: false })
    expect(await calls()).toEqual(['daemon-reload', `restart ${service}`])
    await rm(join(root, 'bin/active'))
    expect(await supervisor.ensure({ ...unit, args: ['--other'] })).toEqual({ started: true, reloaded: false })
  })

  it('does again what was interrupted before it took effect', async () => {
    await supervisor.ensure(unit)
    await calls()
    const changed = { ...unit, args: ['--changed'] }
    // Killed after the file was written and before systemd was told.
    await writeFile(join(root, 'units', service), unitText(changed))
    await supervisor.ensure(changed)
    expect(await calls()).toEqual(['daemon-reload', `restart ${service}`])
  })

  it('names the unit whose socket stays silent', async () => {
    listener.close()
    await rm(unit.socket, { force: true })
    await expect(supervisor.ensure(unit)).rejects.toMatchObject({ code: 'remote-failed', next: [`journalctl -u ${service} says why`] })
    expect(await readdir(join(root, 'state'))).toEqual([])
  })

  it('removes all of it, twice', async () => {
    await supervisor.ensure(unit)
    await calls()
    await supervisor.stop(unit.name)
    expect(await calls()).toEqual([`disable --now ${service}`, `reset-failed ${service}`, 'daemon-reload'])
    expect([await readdir(join(root, 'units')), await readdir(join(root, 'state'))]).toEqual([[], []])
    await supervisor.stop(unit.name)
    expect(await supervisor.isRunning(unit.name)).toBe(false)
  })
})

describe('unitText', async () => {
  const unit: ProcessUnit = {
    name: 'x',
    description: 'PHP of 100% cats',
    command: '/usr/bin/true',
    args: ['a b', '50%', '$HOME', 'q"\\'],
    owner: { uid: 990, gid: 991 },
    socket: '/run/x.sock',
    environment: { WORD: 'a%b $c' },
    reloadSignal: 'SIGUSR2',
    stopSignal: 'SIGQUIT',
    writable: ['/srv/data'],
  }

  it('runs as the owner, with nothing to gain and nothing else to write', () => {
    const lines = unitText(unit).split('\n')
    expect(lines).toEqual(
      expect.arrayContaining([
        'Description=PHP of 100%% cats',
        'User=990',
        'Group=991',
        String.raw`ExecStart="/usr/bin/true" "a b" "50%%" "$$HOME" "q\"\\"`,
        'ExecReload=/bin/kill -s USR2 $MAINPID',
        'Environment="WORD=a%%b $c"',
        'KillSignal=SIGQUIT',
        'NoNewPrivileges=yes',
        'ProtectSystem=strict',
        'PrivateTmp=yes',
        'CapabilityBoundingSet=',
        'ReadWritePaths="-/srv/data"',
        'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6',
      ]),
    )
  })

  it('gives ports below 1024 to the web server, and no network to who needs none', () => {
    expect(unitText({ ...unit, lowPorts: true })).toContain('\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n')
    expect(unitText({ ...unit, network: false })).toContain('\nPrivateNetwork=yes\nRestrictAddressFamilies=AF_UNIX\n')
  })

  it('refuses a word that would end the line', () => {
    expect(() => systemdWord('a\nExecStart=/bin/sh')).toThrow(/cannot hold/)
  })

  it.runIf(await hasProgram('systemd-analyze'))('is valid to systemd itself', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'chaton-unit-'))
    try {
      const file = join(folder, 'chaton-x.service')
      await writeFile(file, unitText({ ...unit, lowPorts: true }))
      const { stderr } = await run('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', file], { accept: [0, 1] })
      expect(stderr.split('\n').filter((line) => line.includes('chaton-x'))).toEqual([])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

describe('chooseSupervisor', () => {
  it.each(['systemd', 'own'] as const)('takes %s where it is asked for', async (kind) => {
    expect((await chooseSupervisor({ supervisor: kind, stateDirectory: '/nowhere' }, systemClock)).kind).toBe(kind)
  })
})
