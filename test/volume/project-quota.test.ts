import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RunResult } from '../../src/kit/exec.ts'
import { missingOption } from '../../src/volume/project-quota-check.ts'
import { ext4Tools, parseProjects, xfsTools, type Command } from '../../src/volume/project-quota-tools.ts'
import { freeProject, projectQuotaVolumes } from '../../src/volume/project-quota.ts'

/*
 * Linux kernels without quota formats cannot run these tools, so nothing here touches a real quota: command lines are
 * compared with the manuals, and outputs follow the formats of xfs_quota(8) and repquota(8). On a machine with project
 * quotas, `check()` tries a real write before this kind is ever chosen.
 */
const xfsReport = `#0                  4          0          0     00 [--------]
#268435457      10240          0      20480     00 [--------]
#268435458          0          0      20480     00 [--------]
`
const ext4Report = `Project,BlockStatus,FileStatus,BlockUsed,BlockSoftLimit,BlockHardLimit,BlockGrace,FileUsed,FileSoftLimit,FileHardLimit,FileGrace
#0,ok,ok,20,0,0,0,2,0,0,0
#268435457,ok,ok,10240,0,20480,0,12,0,0,0
`

describe('quota tools', () => {
  test('XFS: command lines and report', () => {
    expect(xfsTools.assign('/srv/v/a', 7, '/srv')).toEqual(['xfs_quota', '-x', '-c', 'project -s -p /srv/v/a 7', '/srv'])
    expect(xfsTools.limit(7, 40_000_000_000, '/srv')).toEqual(['xfs_quota', '-x', '-c', 'limit -p bsoft=0 bhard=40000000000 7', '/srv'])
    expect([...xfsTools.parseReport(xfsReport)]).toEqual([
      [0, 4096],
      [268_435_457, 10_485_760],
      [268_435_458, 0],
    ])
  })

  test('ext4: command lines and report', () => {
    expect(ext4Tools.assign('/srv/v/a', 7, '/srv')).toEqual(['chattr', '-R', '-p', '7', '+P', '/srv/v/a'])
    expect(ext4Tools.limit(7, 1_000_000, '/srv')).toEqual(['setquota', '-P', '7', '0', '977', '0', '0', '/srv'])
    expect(ext4Tools.report('/srv')).toEqual(['repquota', '-P', '-n', '-p', '-O', 'csv', '/srv'])
    expect([...ext4Tools.parseReport(ext4Report)]).toEqual([
      [0, 20_480],
      [268_435_457, 10_485_760],
    ])
  })

  test('lsattr: the project of each directory', () => {
    const recorded = '    0 --------------e------- /srv/v/a\n268435457 --------------e----P-- /srv/v/b c\n'
    expect([...parseProjects(recorded)]).toEqual([
      ['/srv/v/a', 0],
      ['/srv/v/b c', 268_435_457],
    ])
  })

  test('a mount without the option is told, with the way out', () => {
    const mount = { mount: '/srv', source: '/dev/sdb1', options: 'rw,relatime' }
    expect(missingOption(ext4Tools, mount)[0]?.fix).toContain('tune2fs -O project,quota -Q prjquota /dev/sdb1')
    expect(missingOption(xfsTools, mount)[0]?.fix).toContain('add prjquota to the options of /srv')
    expect(missingOption(xfsTools, { ...mount, options: 'rw,attr2,prjquota' })).toEqual([])
    expect(missingOption(xfsTools, { ...mount, options: 'rw,noprjquotax' })).toHaveLength(1)
  })
})

describe('projects', () => {
  test('two names never share one', () => {
    const first = freeProject('jardin', new Set())
    expect(first).toBeGreaterThanOrEqual(0x10_00_00_00)
    expect(freeProject('jardin', new Set([first]))).not.toBe(first)
    expect(freeProject('atelier', new Set())).not.toBe(first)
  })

  test('a volume gets its limit before its project, and keeps its project', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'chaton-projects-'))
    const commands: string[] = []
    let project = 0
    const answer = ([program, ...args]: Command): string => {
      if (program === 'findmnt') return '/srv\n'
      if (program === 'lsattr') return args.slice(2).map((path) => `${project} ----- ${path}`).join('\n')
      if (program === 'repquota') return `#${project},ok,ok,1000,0,2000,0,1,0,0,0`
      commands.push(program)
      if (program === 'chattr') project = Number(args[2])
      return ''
    }
    const execute = async (command: Command): Promise<RunResult> => ({ exitCode: 0, stdout: answer(command), stderr: '' })
    const volumes = projectQuotaVolumes({ directory, execute })
    const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
    expect(await volumes.ensure('one', { owner, limitBytes: 1_000_000 })).toEqual({ created: true })
    expect(await volumes.ensure('one', { owner, limitBytes: 2_000_000 })).toEqual({ created: false })
    expect(commands).toEqual(['setquota', 'chattr', 'setquota'])
    expect((await stat(volumes.path('one'))).mode & 0o777).toBe(0o700)
    expect([...((await volumes.usedBytes(['one', 'two'])) ?? [])]).toEqual([['one', 1_024_000]])
    await volumes.remove('one')
    await volumes.remove('one')
    expect(commands).toEqual(['setquota', 'chattr', 'setquota', 'setquota'])
    await rm(directory, { recursive: true })
  })

  test('check says plainly what this file system lacks', async () => {
    const findings = await projectQuotaVolumes({ directory: '/proc/none' }).check()
    expect(findings.map(({ message }) => message).join()).toMatch(/project quotas need XFS or ext4/)
  })
})
