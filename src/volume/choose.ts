import type { Finding } from '../engine/contract.ts'
import { btrfsVolumes } from './btrfs.ts'
import type { VolumeKind, Volumes } from './contract.ts'
import { directoryVolumes } from './directory.ts'
import { projectQuotaVolumes } from './project-quota.ts'

export interface VolumeCandidate {
  readonly kind: VolumeKind
  /** What the machine lacks for it. */
  readonly lacks: readonly Finding[]
}

export interface VolumeDecision {
  readonly kind: VolumeKind
  /** For preflight and doctor: errors where the kind that was asked for cannot work, else what one would gain by another. */
  readonly findings: readonly Finding[]
}

/** The first candidate that lacks nothing, or the one asked for. Pure; `candidates` are in order of preference. */
export function decideVolume(wanted: VolumeKind | 'auto', candidates: readonly VolumeCandidate[], directory: string): VolumeDecision {
  if (wanted !== 'auto') {
    const asked = candidates.find(({ kind }) => kind === wanted)
    const lacks = asked?.lacks ?? []
    return { kind: wanted, findings: lacks.length > 0 ? lacks : gains(wanted, candidates, directory) }
  }
  const first = candidates.find(({ lacks }) => !lacks.some(({ severity }) => severity === 'error'))
  const kind = first?.kind ?? 'directory'
  return { kind, findings: gains(kind, candidates, directory) }
}

function gains(kind: VolumeKind, candidates: readonly VolumeCandidate[], directory: string): Finding[] {
  if (kind === 'btrfs') return []
  const fix = `mkfs.btrfs /dev/<disk> && mount /dev/<disk> ${directory} (with no space on it yet), and keep the mount in /etc/fstab`
  if (kind === 'project-quota') {
    const message = 'volumes have a hard limit, but a backup has to copy while the space stands still; btrfs would make snapshots in an instant'
    return [{ code: 'volume-no-snapshots', severity: 'info', message, fix }]
  }
  const reasons = candidates.flatMap((candidate) =>
    candidate.kind === kind ? [] : [`${candidate.kind}: ${candidate.lacks.map(({ message }) => message).join('; ') || 'usable, but not chosen'}`],
  )
  const message = [
    `volumes under ${directory} are plain directories: pools are kept by account quotas alone (soft limit), and backups copy`,
    ...reasons,
    `a btrfs file system at ${directory} gives a hard limit by the kernel, exact use and instant snapshots`,
  ].join('. ')
  return [{ code: 'volume-soft-limit', severity: 'warning', message, fix }]
}

/** Volumes for `volumes.kind` and `volumes.directory` of the configuration, with what a doctor should say. */
export async function chooseVolumes(options: {
  readonly kind: VolumeKind | 'auto'
  readonly directory: string
}): Promise<{ readonly volumes: Volumes; readonly findings: readonly Finding[] }> {
  const { directory } = options
  const known = [btrfsVolumes({ directory }), projectQuotaVolumes({ directory }), directoryVolumes({ directory })]
  const candidates: VolumeCandidate[] = []
  for (const volumes of known) {
    const usable = candidates.some(({ lacks }) => lacks.length === 0)
    const skip = usable && options.kind !== volumes.kind
    if (!skip) candidates.push({ kind: volumes.kind, lacks: await volumes.check() })
  }
  const decision = decideVolume(options.kind, candidates, directory)
  const volumes = known.find(({ kind }) => kind === decision.kind) ?? directoryVolumes({ directory })
  return { volumes, findings: decision.findings }
}
