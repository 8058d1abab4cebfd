import { z } from 'zod'
import { Hostname } from '../model/hostname.ts'

/** One setting: from it come the flag, the environment name, the key in chaton.yaml and the reference page. */
export interface Option<T = unknown> {
  /** Dotted key in chaton.yaml. */
  readonly key: string
  readonly schema: z.ZodType<T>
  readonly help: string
  /** Set for settings that are also a flag of every command. */
  readonly flag?: string
}

const option = <T>(key: string, schema: z.ZodType<T>, help: string, flag?: string): Option<T> => ({
  key,
  schema,
  help,
  ...(flag === undefined ? {} : { flag }),
})

/** A number, also as text, as the environment gives it; an empty text is not 0. */
const numeric = (schema: z.ZodType<number>): z.ZodType<number> =>
  z.preprocess((value) => (typeof value === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value), schema)

const port = numeric(z.int().min(1).max(65_535))
const yesNo = z.union([z.boolean(), z.stringbool()], { error: 'yes or no' })
const absolute = z.string().regex(/^\//, 'an absolute path')
const release = z.string().regex(/^(\d+\.\d+\.\d+)?$/, 'a Nextcloud release such as "32.0.1"').meta({ examples: ['32.0.1'] })
const webAddress = z.union([z.literal(''), z.url({ protocol: /^https?$/, error: 'an address that begins with https:// or http://' })])

/** Passwords have no place in a configuration that is shown, backed up and mailed around. */
const smtpUrl = z.string().meta({ examples: ['smtp://mail.example.org:587'] }).check((context) => {
  if (context.value === '') return
  const url = URL.canParse(context.value) ? new URL(context.value) : undefined
  const reason = !url || !['smtp:', 'smtps:'].includes(url.protocol) || url.hostname === ''
    ? 'expected an address such as smtp://mail.example.org:587 or smtps://mail.example.org'
    : url.username !== '' || url.password !== ''
      ? 'no name or password here: set mail.user, and give the password to `chaton init --mail-password-file`'
      : undefined
  if (reason !== undefined) context.issues.push({ code: 'custom', message: reason, input: context.value })
})

/** Every setting of chaton. Defaults live in `defaults.ts`, because some depend on the machine. */
export const options = {
  engine: option('engine', z.enum(['sandbox', 'host']), 'What runs spaces: "sandbox" needs nothing installed and is for trying; "host" is a real Nextcloud on this machine.', '--engine <name>'),
  domain: option('domain', Hostname.meta({ examples: ['collectifs.example.org'] }), 'Domain of the hoster: a space is <slug>.<domain>.'),
  stateDirectory: option('stateDirectory', absolute, 'Where chaton keeps its records, secrets, releases and spaces.', '--state-directory <path>'),
  webMode: option('web.mode', z.enum(['loopback', 'internal', 'public']), '"public": HTTPS with certificates got by Caddy; "internal": HTTPS by Caddy\'s own authority; "loopback": plain HTTP on 127.0.0.1, one port a space, for trying.'),
  webFirstPort: option('web.firstPort', port, 'First loopback port given to a space.'),
  webAdmin: option('web.caddyAdmin', z.string(), 'Address of Caddy\'s admin interface, a Unix socket or host:port.'),
  releasesDirectory: option('releases.directory', absolute, 'Nextcloud release trees, one directory a version, shared by all spaces and never written by them.'),
  releaseDefault: option('releases.default', release, 'Release of new spaces; empty: the newest installed.'),
  volumesKind: option('volumes.kind', z.enum(['auto', 'btrfs', 'project-quota', 'directory']), 'How the data of a space is fenced; "auto" takes the first that the machine has.'),
  volumesDirectory: option('volumes.directory', absolute, 'Where the data volumes lie (on btrfs, XFS or ext4 with project quotas for a hard limit).'),
  databaseKind: option('database.kind', z.enum(['auto', 'postgresql', 'sqlite']), '"auto": PostgreSQL where the machine has it, else SQLite.'),
  databaseSocket: option('database.socketDirectory', absolute, 'Directory of PostgreSQL\'s Unix socket.'),
  databasePort: option('database.port', port, 'Port number of PostgreSQL (it names the socket).'),
  databaseAdmin: option('database.adminUser', z.string().min(1), 'Operating-system and PostgreSQL user that may create databases.'),
  redis: option('redis', z.enum(['auto', 'on', 'off']), 'A small Redis per space for locks and caches; "auto": where redis-server is installed.'),
  supervisor: option('supervisor', z.enum(['auto', 'systemd', 'own']), 'Who keeps the processes of spaces running; "auto": systemd where it runs.'),
  overCommit: option('volumes.overCommit', numeric(z.number().min(1).max(100)), 'How often the disk may be promised to pools before a new space is refused.'),
  mailUrl: option('mail.url', smtpUrl, 'SMTP server, for example smtp://mail.example.org:587; empty: no mail is sent.'),
  mailUser: option('mail.user', z.string(), 'Sign-in name at the SMTP server; its password is set with `chaton init --mail-password-file`.'),
  mailFrom: option('mail.from', z.string(), 'Sender of all mails.'),
  hosterName: option('hoster.name', z.string().min(1), 'Name of the hoster in mails and pages.'),
  hosterSupport: option('hoster.supportUrl', z.string(), 'Where people find help; also shown when the account cap is reached.'),
  collaboraUrl: option('office.collaboraUrl', webAddress, 'Address of the Collabora Online server.'),
  onlyofficeUrl: option('office.onlyofficeUrl', webAddress, 'Address of the ONLYOFFICE document server.'),
  backupDirectory: option('backups.directory', absolute, 'Where backups are kept.'),
  backupKeepDays: option('backups.keepDays', numeric(z.int().min(0).max(3650)), 'How long the backup of a deleted space is kept.'),
  golden: option('golden', yesNo, 'Clone new spaces from an installed one (seconds) instead of installing each.'),
  logLevel: option('log.level', z.enum(['silent', 'error', 'warn', 'info', 'debug']), 'What goes to standard error as JSON lines.', '--log-level <level>'),
} as const satisfies Record<string, Option>

export type OptionName = keyof typeof options
export type Config = { readonly [Name in OptionName]: z.infer<(typeof options)[Name]['schema']> }

/** `CHATON_WEB_FIRST_PORT` for `web.firstPort`. */
export function environmentName(key: string): string {
  return `CHATON_${key.replaceAll(/([a-z])([A-Z])/g, '$1_$2').replaceAll('.', '_').toUpperCase()}`
}
