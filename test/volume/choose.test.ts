import { describe, expect, test } from 'vitest'
import type { Finding } from '../../src/engine/contract.ts'
import { chooseVolumes, decideVolume, type VolumeCandidate } from '../../src/volume/choose.ts'

const lack = (message: string): Finding => ({ code: 'x', severity: 'error', message })
const on = (btrfs: Finding[], projects: Finding[]): VolumeCandidate[] => [
  { kind: 'btrfs', lacks: btrfs },
  { kind: 'project-quota', lacks: projects },
  { kind: 'directory', lacks: [] },
]
const place = '/srv/volumes'

describe('the kind of volumes', () => {
  test('is the first that lacks nothing', () => {
    expect(decideVolume('auto', on([], []), place)).toEqual({ kind: 'btrfs', findings: [] })
    expect(decideVolume('auto', on([lack('no btrfs')], []), place).kind).toBe('project-quota')
    expect(decideVolume('auto', on([lack('no btrfs')], [lack('no quota')]), place).kind).toBe('directory')
    expect(decideVolume('auto', [], place).kind).toBe('directory')
  })

  test('says what another would give, why it is not taken, and how to get it', () => {
    const [finding] = decideVolume('auto', on([lack('lies on ext4')], [lack('no option prjquota')]), place).findings
    expect(finding).toMatchObject({ severity: 'warning', code: 'volume-soft-limit' })
    expect(finding?.message).toMatch(/soft limit.*btrfs: lies on ext4.*project-quota: no option prjquota.*hard limit/)
    expect(finding?.fix).toMatch(/mkfs\.btrfs .*\/srv\/volumes/)
    expect(decideVolume('auto', on([lack('x')], []), place).findings).toMatchObject([{ severity: 'info', code: 'volume-no-snapshots' }])
    expect(decideVolume('directory', on([], [lack('no quota')]), place).findings[0]?.message).toContain('btrfs: usable, but not chosen')
  })

  test('is never another than the one asked for', () => {
    expect(decideVolume('btrfs', on([lack('lies on ext4')], []), place)).toEqual({ kind: 'btrfs', findings: [lack('lies on ext4')] })
    expect(decideVolume('btrfs', [], place)).toEqual({ kind: 'btrfs', findings: [] })
  })

  test('is found by looking at this machine, where the directory need not exist', async () => {
    const { volumes, findings } = await chooseVolumes({ kind: 'directory', directory: '/tmp/never/made/volumes' })
    expect(volumes.kind).toBe('directory')
    expect(findings).toHaveLength(1)
    expect((await chooseVolumes({ kind: 'project-quota', directory: '/proc/none' })).findings[0]?.message).toMatch(/need XFS or ext4/)
  })
})
