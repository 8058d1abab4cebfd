import type { Config } from '../../../config/options.ts'
import { formatSize } from '../../../kit/bytes.ts'
import type { Finding } from '../../contract.ts'
import { gatherDoctorFacts, type DoctorFacts, type DoctorSources, type HostFacts } from './doctor-facts.ts'
import { judgePhp, phpMisfit } from './php.ts'
import { defaultRelease } from './plan.ts'

type HostCheck = (config: Config, facts: HostFacts) => readonly Finding[]
type Check = (config: Config, facts: DoctorFacts) => readonly Finding[]

const oldestNode = [22, 18] as const
/** No machine that runs this chaton can truly be earlier. */
const earliestYear = 2026

/** What every machine is asked. */
const everywhere: readonly Check[] = [checkNode, checkTime, checkSecretFiles, checkMail]
/** What a machine with real spaces is asked, in the order in which one would mend it. */
const onHost: readonly HostCheck[] = [checkRights, checkSupervisor, checkClock, checkPhp, checkReleases, checkRedis, checkRoom]

/** All findings, each with what mends it; an empty list or infos only: nothing to do. Pure. */
export function checks(config: Config, facts: DoctorFacts): Finding[] {
  const { host } = facts
  const general = everywhere.flatMap((check) => check(config, facts))
  if (host === undefined) {
    const message = 'spaces are sandboxes, stand-ins for trying chaton: PHP, PostgreSQL and the rest of the machine were not checked'
    return [...general, { code: 'engine-sandbox', severity: 'info', message, fix: 'chaton host setup makes this machine ready for real spaces' }]
  }
  return withoutRepeats([...general, ...checkStateMode(config, facts), ...onHost.flatMap((check) => check(config, host)), ...host.reported])
}

/** One trouble may be met by several parts: it is told once. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ message }, index) => findings.findIndex((finding) => finding.message === message) === index)
}

export async function doctor(sources: DoctorSources): Promise<Finding[]> {
  return checks(sources.config, await gatherDoctorFacts(sources))
}

function checkNode(_config: Config, { node }: DoctorFacts): Finding[] {
  const [major = 0, minor = 0] = node.split('.').map(Number)
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return []
  return [{ code: 'node-old', severity: 'error', message: `chaton needs Node.js ${oldestNode.join('.')} or newer; this is ${node}`, fix: 'install Node.js 24, or run chaton with npx from a checkout' }]
}

function checkTime(_config: Config, { now }: DoctorFacts): Finding[] {
  if (now.getUTCFullYear() >= earliestYear) return []
  return [{ code: 'clock-wrong', severity: 'error', message: `the clock of this machine says ${now.toISOString()}`, fix: 'timedatectl set-ntp true' }]
}

function checkSecretFiles(_config: Config, { secretFiles }: DoctorFacts): Finding[] {
  return secretFiles
    .filter(({ mode }) => (mode & 0o077) !== 0)
    .map(({ path, mode }) => ({
      code: 'secrets-readable',
      severity: 'error',
      message: `${path} can be read by others (mode ${mode.toString(8).padStart(4, '0')}, expected 0600)`,
      fix: `chmod 0600 ${path}`,
    }))
}

function checkMail(_config: Config, { mail }: DoctorFacts): Finding[] {
  if (mail === 'works') return []
  if (mail === 'none') {
    const message = 'no mail server is configured: chaton shows invitation links instead of mailing them, and warns nobody'
    return [{ code: 'mail-none', severity: 'warning', message, fix: 'set mail.url, mail.user and mail.from in chaton.yaml, then: chaton init --mail-password-file <file>' }]
  }
  return [{ code: 'mail-fails', severity: 'error', message: mail.message, fix: mail.next.join('; ') || 'check mail.url in chaton.yaml' }]
}

function checkStateMode({ stateDirectory }: Config, { stateMode }: DoctorFacts): Finding[] {
  if (stateMode === undefined || (stateMode & 0o001) !== 0) return []
  const message = `users of spaces cannot pass through ${stateDirectory} to their own folders (mode ${stateMode.toString(8).padStart(4, '0')})`
  return [{ code: 'state-closed', severity: 'error', message, fix: `chmod 0711 ${stateDirectory}` }]
}

function checkRights(_config: Config, { root }: HostFacts): Finding[] {
  if (root) return []
  const message = 'without the rights of root no real space can be made, and databases, processes and what deleted spaces left behind were not checked'
  return [{ code: 'not-root', severity: 'error', message, fix: 'run the same command with sudo' }]
}

function checkSupervisor({ supervisor }: Config, { systemd, cgroup2 }: HostFacts): Finding[] {
  if (!systemd && supervisor === 'systemd') {
    return [{ code: 'systemd-missing', severity: 'error', message: 'the settings say supervisor: systemd, and systemd does not run here', fix: 'set supervisor: auto in chaton.yaml' }]
  }
  if (!systemd) {
    const message = 'systemd does not run here: chaton keeps the processes of spaces itself, and they are back after a restart of the machine once chaton serve runs'
    return [{ code: 'supervisor-own', severity: 'info', message, fix: 'start chaton serve with the machine' }]
  }
  if (cgroup2) return []
  return [{ code: 'cgroup-old', severity: 'warning', message: 'this machine has no unified control groups (cgroup v2): memory of spaces cannot be limited', fix: 'start the kernel with systemd.unified_cgroup_hierarchy=1' }]
}

function checkClock(_config: Config, { clockSynchronised }: HostFacts): Finding[] {
  if (clockSynchronised !== false) return []
  return [{ code: 'clock-drifts', severity: 'warning', message: 'nothing keeps the clock of this machine right: sign-in links, certificates and two-factor codes depend on it', fix: 'apt-get install systemd-timesyncd && timedatectl set-ntp true' }]
}

function checkPhp(_config: Config, { php }: HostFacts): Finding[] {
  return judgePhp(php)
}

function checkReleases({ releasesDirectory, releaseDefault }: Config, { releases, php }: HostFacts): Finding[] {
  const wanted = releaseDefault === '' ? defaultRelease : releaseDefault
  if (releases.length === 0) {
    return [{ code: 'release-none', severity: 'error', message: `no Nextcloud release is installed in ${releasesDirectory}`, fix: `chaton release add ${wanted}` }]
  }
  const findings: Finding[] = []
  if (releaseDefault !== '' && !releases.some(({ version }) => version === releaseDefault)) {
    findings.push({ code: 'release-default', severity: 'error', message: `releases.default is "${releaseDefault}", which is not installed`, fix: `chaton release add ${releaseDefault}` })
  }
  for (const { version, complete, notes, php: range } of releases) {
    const misfit = phpMisfit(version, php, range)
    if (misfit !== undefined) findings.push({ code: 'release-php', severity: 'warning', message: misfit, fix: `chaton release remove ${version}, or install a PHP of that range` })
    if (notes.length === 0) continue
    const fix = `chaton release remove ${version} && chaton release add ${version} (refused while spaces use it: move them first)`
    findings.push({ code: 'release-note', severity: complete ? 'warning' : 'error', message: `Nextcloud ${version}: ${notes.join('; ')}`, fix })
  }
  return findings
}

function checkRedis({ redis }: Config, { redisServer }: HostFacts): Finding[] {
  if (redisServer || redis === 'off') return []
  const severity = redis === 'on' ? 'error' : 'info'
  return [{ code: 'redis-missing', severity, message: 'redis-server is not installed: spaces lock files in their database, which is slower', fix: 'apt-get install redis-server && systemctl disable --now redis-server' }]
}

function checkRoom({ overCommit }: Config, { room }: HostFacts): Finding[] {
  if (room === undefined) return []
  const { kind, promisedBytes, usedBytes, physicalBytes } = room
  const numbers = `promised ${formatSize(promisedBytes)}, used ${formatSize(usedBytes)}, physical ${formatSize(physicalBytes)} (volumes: ${kind})`
  if (usedBytes > physicalBytes * 0.9) {
    return [{ code: 'disk-full', severity: 'error', message: `the disk under the volumes is almost full: ${numbers}`, fix: 'add disk: pools promise room that is not there' }]
  }
  if (promisedBytes > physicalBytes * overCommit) {
    return [{ code: 'disk-promised', severity: 'warning', message: `pools promise more than ${overCommit} times the disk: ${numbers}; no new space is made`, fix: 'add disk, or set volumes.overCommit in chaton.yaml' }]
  }
  return [{ code: 'disk-room', severity: 'info', message: `room for pools: ${numbers}` }]
}
