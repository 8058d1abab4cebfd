import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { OwnSupervisor } from '../../../../src/engine/host/supervisor/own.ts'
import { holdersOf, statOf } from '../../../../src/engine/host/supervisor/proc.ts'
import { systemClock } from '../../../../src/kit/clock.ts'
import { spawnDetached } from '../../../../src/kit/exec.ts'
import type { ProcessUnit } from '../../../../src/engine/host/parts.ts'

/**
 * Listens on a socket, with a child of its own. `stubborn` ignores SIGTERM. Notes its starts (S) and reloads (R). In
 * Perl, which Debian always has where every user may run it.
 */
const server = String.raw`
use strict; use IO::Socket::UNIX; use IO::Handle;
my ($socket, $how, $marks) = @ARGV;
if ($how eq 'broken') { print STDERR "cannot read its settings\n"; exit 3 }
sub mark { open(my $file, '>>', $marks) or die; print $file shift; close $file }
$SIG{USR2} = sub { mark('R') };
$SIG{TERM} = 'IGNORE' if $how eq 'stubborn';
mark('S');
# Descriptors above 2 stay open in the child, as they do in the workers of PHP-FPM.
$^F = 255; open(my $lock, '<&=', 9);
if (!fork) { exec 'sleep', '600' }
my $listener = IO::Socket::UNIX->new(Local => $socket, Listen => 5) or die "$!";
while (1) { my $client = $listener->accept; close $client if $client }
`
const nobody = 65_534

describe.runIf(process.getuid?.() === 0)('OwnSupervisor', () => {
  let root: string
  let supervisor: OwnSupervisor
  let unit: ProcessUnit

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'chaton-own-'))
    await chmod(root, 0o711)
    await mkdir(join(root, 'run'))
    await chown(join(root, 'run'), nobody, nobody)
    await writeFile(join(root, 'server.pl'), server)
    await chmod(join(root, 'server.pl'), 0o644)
    supervisor = another()
    unit = unitWith('plain')
  })

  afterEach(async () => {
    for (const name of await supervisor.list()) await supervisor.stop(name)
    await rm(root, { recursive: true, force: true })
  })

  const another = (): OwnSupervisor => new OwnSupervisor({ directory: join(root, 'units'), clock: systemClock, graceMs: 1500, startMs: 10_000 })
  const unitWith = (how: string, changes: Partial<ProcessUnit> = {}): ProcessUnit => ({
    name: 'test.server',
    description: 'a test server',
    command: '/usr/bin/perl',
    args: [join(root, 'server.pl'), join(root, 'run/s.sock'), how, join(root, 'run/marks')],
    owner: { uid: nobody, gid: nobody },
    socket: join(root, 'run/s.sock'),
    ...changes,
  })
  const marks = async (): Promise<string> => readFile(join(root, 'run/marks'), 'utf8')
  const pidOf = async (): Promise<number> => Number((await readFile(join(root, 'units/test.server.pid'), 'utf8')).split('\n')[1]?.split(' ')[0])
  const holders = async (): Promise<number[]> => holdersOf(join(root, 'units/test.server.lock'), 9)

  it('starts once, under its own user, and leaves alone what runs as it should', async () => {
    expect(await supervisor.ensure(unit)).toEqual({ started: true, reloaded: false })
    expect(await another().ensure(unit)).toEqual({ started: false, reloaded: false })
    expect(await marks()).toBe('S')
    const status = await readFile(`/proc/${await pidOf()}/status`, 'utf8')
    expect(status).toMatch(/^Uid:\s+65534\s+65534\s+65534\s+65534$/m)
    expect(status).toMatch(/^Groups:\s*$/m)
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
    expect(status).toMatch(/^CapBnd:\s+0+$/m)
    expect(await supervisor.isRunning('test.server')).toBe(true)
    expect(await supervisor.list()).toEqual(['test.server'])
  })

  it('restarts what died, what was changed and what leaves a child without its master', async () => {
    await supervisor.ensure(unit)
    const first = await holders()
    expect(first).toHaveLength(2)

    const master = await pidOf()
    process.kill(master, 'SIGKILL')
    await vi.waitUntil(async () => (await statOf(master)) === undefined)
    expect(await supervisor.ensure(unit)).toEqual({ started: true, reloaded: false })
    const second = await holders()
    expect(second.filter((pid) => first.includes(pid))).toEqual([])
    expect(second).toHaveLength(2)

    expect(await supervisor.ensure({ ...unit, environment: { WORD: 'other' } })).toEqual({ started: true, reloaded: false })
    expect(await marks()).toBe('SSS')
  })

  it('reloads where only the fingerprint moved, restarts where it cannot', async () => {
    await supervisor.ensure({ ...unit, fingerprint: 'a', reloadSignal: 'SIGUSR2' })
    expect(await supervisor.ensure({ ...unit, fingerprint: 'b', reloadSignal: 'SIGUSR2' })).toEqual({ started: false, reloaded: true })
    expect(await supervisor.ensure({ ...unit, fingerprint: 'b', reloadSignal: 'SIGUSR2' })).toEqual({ started: false, reloaded: false })
    expect(await supervisor.ensure({ ...unit, fingerprint: 'c' })).toEqual({ started: true, reloaded: false })
    expect((await marks()).replaceAll('R', '')).toBe('SS')
  })

  it('stops the process and its children for certain, also one that ignores SIGTERM, and its files', async () => {
    await supervisor.ensure(unitWith('stubborn'))
    const pids = await holders()
    await supervisor.stop('test.server')
    for (const pid of pids) expect(await statOf(pid)).toBeUndefined()
    expect(await supervisor.list()).toEqual([])
    await supervisor.stop('test.server')
  })

  it('never kills a stranger that got the pid', async () => {
    const stranger = await spawnDetached('sleep', ['600'], { logFile: join(root, 'stranger.log') })
    try {
      await supervisor.ensure(unit)
      const file = join(root, 'units/test.server.pid')
      const [told] = (await readFile(file, 'utf8')).split('\n')
      const old = await pidOf()
      const line = (await readFile(`/proc/${stranger}/stat`, 'utf8')).trim().split(' ')
      line[21] = String(Number(line[21]) + 1)
      await writeFile(file, `${told}\n${line.join(' ')}\n`)

      expect(await supervisor.isRunning('test.server')).toBe(false)
      expect(await supervisor.ensure(unit)).toEqual({ started: true, reloaded: false })
      expect(await statOf(stranger)).toBeDefined()
      expect(await statOf(old)).toBeUndefined()
    } finally {
      process.kill(stranger, 'SIGKILL')
    }
  })

  it('takes over what a killed run had started: no second copy, none lost', async () => {
    // The pid file is written by the process itself; a run killed before it looked finds it all the same.
    await supervisor.ensure(unit)
    const before = await holders()
    await rm(join(root, 'units/test.server.pid'))

    expect(await supervisor.ensure(unit)).toEqual({ started: true, reloaded: false })

    const after = await holders()
    expect(after).toHaveLength(2)
    expect(after.filter((pid) => before.includes(pid))).toEqual([])
  })

  it('lets one of many runs start it', async () => {
    const results = await Promise.all(Array.from({ length: 5 }, () => another().ensure(unit)))
    expect(results.filter(({ started }) => started)).toHaveLength(1)
    expect(await marks()).toBe('S')
  })

  it('says what a process said that ended at once, and leaves nothing', async () => {
    await expect(supervisor.ensure(unitWith('broken'))).rejects.toThrow(/a test server \(test\.server\) ended at once:\ncannot read its settings/)
    expect(await supervisor.list()).toEqual([])
  })

  it('names a program that is not installed, and a socket path that is too long', async () => {
    await expect(supervisor.ensure({ ...unit, command: '/usr/bin/no-such-program' })).rejects.toMatchObject({ code: 'machine-not-ready' })
    await expect(supervisor.ensure({ ...unit, socket: join(root, 'x'.repeat(100)) })).rejects.toThrow(/at most 107/)
  })
})
