import { ChatonError } from '../../../kit/errors.ts'
import type { ProcessUnit } from '../parts.ts'

/** One word of an ExecStart or Environment line, systemd.syntax(7): no specifier, no variable, no escape is taken out of it. */
export function systemdWord(word: string): string {
  if (/[\n\r\0]/.test(word)) throw new ChatonError('bug', `a systemd unit cannot hold the word ${JSON.stringify(word)}`)
  return `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`
}

/** Environment lines know no `$` expansion, systemd.exec(5). */
const environmentWord = (word: string): string => systemdWord(word).replaceAll('$$', '$')

const fence = [
  'NoNewPrivileges=yes',
  'ProtectSystem=strict',
  'ProtectHome=yes',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'ProtectProc=invisible',
  'ProtectClock=yes',
  'ProtectHostname=yes',
  'ProtectKernelTunables=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelLogs=yes',
  'ProtectControlGroups=yes',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'LockPersonality=yes',
  'RemoveIPC=yes',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
]

/** The `.service` file of a unit. Pure. The fingerprint is not part of it: it changes what is read at start, not the unit. */
export function unitText(unit: ProcessUnit): string {
  const capability = unit.lowPorts === true ? 'CAP_NET_BIND_SERVICE' : ''
  const environment = Object.entries(unit.environment ?? {}).toSorted(([a], [b]) => a.localeCompare(b))
  return [
    '# Written by chaton; changes are overwritten.',
    '[Unit]',
    `Description=${unit.description.replaceAll('%', '%%').replaceAll(/[\n\r]/g, ' ')}`,
    'After=network.target postgresql.service',
    '',
    '[Service]',
    'Type=exec',
    `User=${unit.owner.uid}`,
    `Group=${unit.owner.gid}`,
    `ExecStart=${[unit.command, ...unit.args].map(systemdWord).join(' ')}`,
    ...(unit.reloadSignal === undefined ? [] : [`ExecReload=/bin/kill -s ${unit.reloadSignal.replace('SIG', '')} $MAINPID`]),
    ...environment.map(([name, value]) => `Environment=${environmentWord(`${name}=${value}`)}`),
    `KillSignal=${unit.stopSignal ?? 'SIGTERM'}`,
    'TimeoutStopSec=20',
    'Restart=always',
    'RestartSec=1',
    'UMask=0077',
    'LimitCORE=0',
    'LimitNOFILE=65536',
    'OOMPolicy=continue',
    ...fence,
    `CapabilityBoundingSet=${capability}`,
    `AmbientCapabilities=${capability}`,
    ...(unit.network === false ? ['PrivateNetwork=yes', 'RestrictAddressFamilies=AF_UNIX'] : ['RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6']),
    // The dash: a directory that this space does not have is no error.
    ...(unit.writable ?? []).map((path) => `ReadWritePaths=${systemdWord(`-${path}`)}`),
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n')
}
