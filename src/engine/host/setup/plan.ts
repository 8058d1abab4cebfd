import { ChatonError } from '../../../kit/errors.ts'
import { debianOf, debians, packagesFor, servicesReplaced, type Debian, type OsRelease } from './debian.ts'

/** What the plan is made from; gathered by `facts.ts`. */
export interface SetupFacts {
  readonly os: OsRelease
  readonly root: boolean
  readonly systemd: boolean
  /** Debian packages that are installed. */
  readonly packages: ReadonlySet<string>
  /** Services that were masked (`systemctl mask`). */
  readonly masked: ReadonlySet<string>
  readonly postgresql: readonly { readonly version: string; readonly name: string; readonly online: boolean }[]
  /** Directories of {@link SetupWishes} that exist, with their permission bits. */
  readonly directories: ReadonlyMap<string, number>
  /** Installed Nextcloud releases. */
  readonly releases: readonly string[]
  /** Text of the settings file, if there is one. */
  readonly settings: string | undefined
}

export interface SetupWishes {
  readonly settingsFile: string
  /** What the settings file would say. */
  readonly settings: string
  readonly stateDirectory: string
  readonly releasesDirectory: string
  readonly backupDirectory: string
  /** A version, a directory or an archive; undefined: the default, if none is installed. */
  readonly release: string | undefined
}

/** Installed where the hoster named none: the newest final release that is tested here and runs on the PHP of both Debians. */
export const defaultRelease = '34.0.1'

export type SetupAction =
  | { readonly kind: 'run'; readonly program: string; readonly args: readonly string[]; readonly env?: Readonly<Record<string, string>> }
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'write'; readonly path: string; readonly text: string; readonly mode: number }
  | { readonly kind: 'release'; readonly source: string }

export interface SetupStep {
  /** A constant word: `packages`, `postgresql`… */
  readonly name: string
  /** What it is for. */
  readonly title: string
  readonly actions: readonly SetupAction[]
}

export interface SetupPlan {
  /** In order. Empty: the machine is ready. */
  readonly steps: readonly SetupStep[]
  /** What stays as it is, and what the reader should know. */
  readonly notes: readonly string[]
}

const quiet = { DEBIAN_FRONTEND: 'noninteractive' }
const runs = (program: string, ...args: readonly string[]): SetupAction => ({ kind: 'run', program, args })

/**
 * What makes this machine ready for the first real space: only what is missing, so that a second run has nothing to do. Pure.
 * Throws `machine-not-ready` where the system is not one of the known Debians, or without root's rights.
 */
export function planSetup(facts: SetupFacts, wishes: SetupWishes): SetupPlan {
  const debian = debianOf(facts.os)
  if (debian === undefined) throw unknownSystem(facts.os)
  if (!facts.root) {
    throw new ChatonError('machine-not-ready', 'host setup installs packages and makes directories: it has to run as root', { next: ['run the same command with sudo'] })
  }
  const steps = [
    ...planServices(debian, facts),
    ...planPackages(debian, facts),
    ...planPostgresql(debian, facts),
    ...planDirectories(facts, wishes),
    ...planSettings(facts, wishes),
    ...planRelease(facts, wishes),
  ]
  return { steps, notes: notesOf(debian, facts, wishes) }
}

function unknownSystem(os: OsRelease): ChatonError {
  const [newest] = debians.toReversed()
  const packages = newest === undefined ? [] : packagesFor(newest)
  return new ChatonError('machine-not-ready', `chaton host setup knows Debian ${debians.map(({ version }) => version).join(' and ')}; this is ${os.name}`, {
    next: [
      `install by hand what these Debian packages hold: ${packages.join(' ')}`,
      'start PostgreSQL; stop and disable the services of Redis, Caddy and PHP-FPM: chaton runs its own',
      'write /etc/chaton/chaton.yaml with "engine: host" and your domain, then: chaton release add <version>',
      'chaton doctor says what is still missing',
    ],
  })
}

/** Before the packages come: what their installation would start for the whole machine, and chaton runs itself. */
function planServices(debian: Debian, facts: SetupFacts): SetupStep[] {
  if (!facts.systemd) return []
  const toMask = servicesReplaced(debian).filter(({ package: name, service }) => !facts.packages.has(name) && !facts.masked.has(service))
  if (toMask.length === 0) return []
  const title = 'keep the machine-wide PHP-FPM, Redis and Caddy of the packages from starting: each space gets its own'
  return [{ name: 'services', title, actions: [runs('systemctl', 'mask', ...toMask.map(({ service }) => service))] }]
}

function planPackages(debian: Debian, facts: SetupFacts): SetupStep[] {
  const missing = packagesFor(debian).filter((name) => !facts.packages.has(name))
  if (missing.length === 0) return []
  const apt = (...args: readonly string[]): SetupAction => ({ kind: 'run', program: 'apt-get', args: ['-o', 'DPkg::Lock::Timeout=300', ...args], env: quiet })
  // Finishes what a killed installation left; does nothing otherwise.
  const mend: SetupAction = { kind: 'run', program: 'dpkg', args: ['--configure', '-a'], env: quiet }
  const replaced = servicesReplaced(debian).filter(({ package: name }) => missing.includes(name))
  const stop = facts.systemd ? [] : replaced.map(({ service }) => runs('service', service.replace(/\.service$/, ''), 'stop'))
  return [{ name: 'packages', title: `install ${missing.length} Debian packages`, actions: [mend, apt('update'), apt('install', '--yes', '--no-install-recommends', ...missing), ...stop] }]
}

/** The package makes and starts a cluster by itself; this is for one that is gone or down. */
function planPostgresql(debian: Debian, facts: SetupFacts): SetupStep[] {
  if (!facts.packages.has('postgresql') || facts.postgresql.some(({ online }) => online)) return []
  const [down] = facts.postgresql
  const action = down ? runs('pg_ctlcluster', down.version, down.name, 'start') : runs('pg_createcluster', '--start', debian.postgresql, 'main')
  return [{ name: 'postgresql', title: 'start PostgreSQL', actions: [action] }]
}

function planDirectories(facts: SetupFacts, wishes: SetupWishes): SetupStep[] {
  const wanted: readonly (readonly [string, number])[] = [
    [wishes.stateDirectory, 0o711],
    [wishes.releasesDirectory, 0o755],
    [`${wishes.stateDirectory}/apps`, 0o755],
    [wishes.backupDirectory, 0o700],
  ]
  // A directory that is there keeps its mode, unless spaces could not pass through it.
  const fits = (path: string, mode: number): boolean => {
    const present = facts.directories.get(path)
    return present !== undefined && (mode & 0o001 & ~present) === 0
  }
  const actions = wanted.flatMap(([path, mode]): SetupAction[] => (fits(path, mode) ? [] : [{ kind: 'directory', path, mode }]))
  return actions.length === 0 ? [] : [{ name: 'directories', title: 'make the directories of chaton', actions }]
}

function planSettings(facts: SetupFacts, { settingsFile, settings }: SetupWishes): SetupStep[] {
  if (facts.settings !== undefined) return []
  return [{ name: 'settings', title: 'write the settings of this machine, once', actions: [{ kind: 'write', path: settingsFile, text: settings, mode: 0o644 }] }]
}

function planRelease(facts: SetupFacts, { release }: SetupWishes): SetupStep[] {
  const source = release ?? (facts.releases.length === 0 ? defaultRelease : undefined)
  if (source === undefined || facts.releases.includes(source)) return []
  return [{ name: 'release', title: 'install a Nextcloud release', actions: [{ kind: 'release', source }] }]
}

function notesOf(debian: Debian, facts: SetupFacts, wishes: SetupWishes): string[] {
  const notes: string[] = []
  if (facts.settings !== undefined && facts.settings !== wishes.settings) {
    notes.push(`${wishes.settingsFile} is yours and stays as it is${/^engine:\s*["']?host\b/m.test(facts.settings) ? '' : '; for real spaces it has to say "engine: host"'}`)
  }
  if (facts.settings === undefined && /^ {2}mode: loopback$/m.test(wishes.settings)) {
    notes.push('no --domain was given: spaces answer on 127.0.0.1 only, for trying; set domain and web.mode: public in the settings for real ones')
  }
  const ours = servicesReplaced(debian).filter(({ package: name, service }) => facts.systemd && facts.packages.has(name) && !facts.masked.has(service))
  if (ours.length > 0) {
    const names = ours.map(({ service }) => service).join(' ')
    notes.push(`${names} came with packages that were here before and may serve others; if not: systemctl disable --now ${names}`)
  }
  if (facts.releases.length > 0) notes.push(`Nextcloud ${facts.releases.join(', ')} ${facts.releases.length === 1 ? 'is' : 'are'} installed`)
  return notes
}

/** The action as a line that could be typed into a shell. Pure. */
export function shellLine(action: SetupAction): string {
  switch (action.kind) {
    case 'run':
      return [...Object.entries(action.env ?? {}).map(([name, value]) => `${name}=${quote(value)}`), action.program, ...action.args.map(quote)].join(' ')
    case 'directory':
      return `install -d -m ${action.mode.toString(8).padStart(4, '0')} ${quote(action.path)}`
    case 'write':
      return `install -D -m ${action.mode.toString(8).padStart(4, '0')} /dev/stdin ${quote(action.path)} <<'END'\n${action.text.trimEnd()}\nEND`
    case 'release':
      return `chaton release add ${quote(action.source)}`
    default:
      return action satisfies never
  }
}

const quote = (word: string): string => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`)
