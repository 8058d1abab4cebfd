import { readdir, readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Config } from './config/options.ts'
import type { Engine, Finding } from './engine/contract.ts'
import type { HostEngine } from './engine/host/host.ts'
import type { Apps } from './engine/host/releases/apps.ts'
import type { Releases } from './engine/host/releases/catalogue.ts'
import type { SetupOptions, SetupResult } from './engine/host/setup/setup.ts'
import { systemClock } from './kit/clock.ts'
import { ChatonError, hasSystemCode } from './kit/errors.ts'
import { ensureDirectory, exists } from './kit/files.ts'
import { lockFile } from './kit/lock.ts'
import type { Logger } from './kit/log.ts'
import type { SecretStore } from './kit/secrets.ts'
import type { Mailer } from './mail/contract.ts'
import { parseManifest } from './model/manifest.ts'
import type { Plan } from './model/plan.ts'
import type { MoveServices } from './move/services.ts'
import { promisedBytes } from './spaces/promises.ts'
import type { SpacesContext } from './spaces/context.ts'
import { ensureDefaultPlans } from './spaces/plans.ts'
import type { Journal, Store } from './store/contract.ts'
import type { Volumes } from './volume/contract.ts'

/** What a command may use; everything is opened at first use and closed at the end. */
export interface App {
  readonly config: Config
  readonly logger: Logger
  /** Records only: for commands that need no engine. */
  records(): Promise<{ readonly store: Store; readonly journal: Journal }>
  secrets(): Promise<SecretStore>
  mailer(): Promise<Mailer>
  /** Everything that services of spaces work with. */
  spaces(): Promise<SpacesContext>
  /** Moves of accounts between hosts: no engine, no records. */
  moves(): Promise<MoveServices>
  releases(): Promise<Releases>
  apps(): Promise<Apps>
  /** Makes the golden space of a release, where the engine has such a thing. */
  prepareRelease(version: string): Promise<void>
  forgetRelease(version: string): Promise<void>
  /** Checks the machine; each finding says what mends it. Changes nothing. */
  doctor(): Promise<readonly Finding[]>
  setupHost(options: Pick<SetupOptions, 'domain' | 'release' | 'dryRun' | 'say' | 'signal'>): Promise<SetupResult>
  close(): Promise<void>
}

const fixtures = new URL('../fixtures/plans/', import.meta.url)

/** The plans a new hoster starts from. */
async function defaultPlans(): Promise<readonly Plan[]> {
  const files = (await readdir(fixtures)).filter((name) => name.endsWith('.yaml'))
  const resources = await Promise.all(files.map(async (name) => parseManifest(await readFile(new URL(name, fixtures), 'utf8'), name)))
  return resources.flat().filter((resource) => resource.kind === 'Plan')
}

/** Opens what the settings name. The only place that knows which implementation stands behind a contract. */
export async function openApp({ config, logger }: { readonly config: Config; readonly logger: Logger }): Promise<App> {
  const records = once(async () => await openRecords(config))
  const secrets = once(async () => await openSecrets(config))
  const mailer = once(async () => await openMailer(config, await secrets()))
  const volumes = once(async () => await (await import('./volume/choose.ts')).chooseVolumes({ kind: config.volumesKind, directory: config.volumesDirectory }))
  const host = once(async () => await openHostEngine({ config, logger, secrets: await secrets(), volumes: (await volumes()).volumes }))
  const engine = once(async (): Promise<Engine> => (config.engine === 'host' ? await asRoot(host) : await openSandbox(config, await secrets())))
  const releases = once(async () => {
    const { createReleases } = await import('./engine/host/releases/catalogue.ts')
    return createReleases(config.releasesDirectory)
  })
  const moves = once(async () => await openMoves({ config, logger, secrets: await secrets() }))
  return {
    config,
    logger,
    records,
    secrets,
    mailer,
    releases,
    spaces: once(async () => ({
      config,
      logger,
      clock: systemClock,
      ...(await records()),
      secrets: await secrets(),
      mailer: await mailer(),
      engine: await engine(),
      lock: async (slug: string) => await lockFile(join(config.stateDirectory, 'locks', `${slug}.lock`), `the space "${slug}"`),
    })),
    moves,
    apps: once(async () => {
      const [{ createApps }, { pinnedAppsDirectory }] = await Promise.all([import('./engine/host/releases/apps.ts'), import('./engine/host/processes/fence.ts')])
      return createApps(pinnedAppsDirectory(config))
    }),
    prepareRelease: async (version) => {
      if (config.engine === 'host' && config.golden) await (await host()).prepareGolden(version)
    },
    forgetRelease: async (version) => {
      if (config.engine === 'host') await (await host()).forgetGolden(version)
    },
    doctor: async () => {
      const { doctor } = await import('./engine/host/setup/checks.ts')
      const general = { config, clock: systemClock, mailer }
      if (config.engine !== 'host') return await doctor(general)
      const [known, made, chosen] = await Promise.all([knownSpaces(config, records), host(), volumes()])
      return await doctor({
        ...general,
        host: {
          releases: await releases(),
          databases: made.parts.databases,
          sites: made.parts.sites,
          volumeFindings: chosen.findings,
          volumes: chosen.volumes,
          promisedBytes: known.promisedBytes,
          leftovers: async () => await made.leftovers(known.spaces),
        },
      })
    },
    setupHost: async (options) => {
      const { setupHost } = await import('./engine/host/setup/setup.ts')
      return await setupHost({ ...options, config, releases: await releases() })
    },
    close: async () => {
      if (host.opened !== undefined) await (await host.opened.catch(() => undefined))?.close()
      // Where it could not be opened, the command has said so.
      const opened = await records.opened?.catch(() => undefined)
      await opened?.store[Symbol.asyncDispose]()
      const http = await moves.opened?.catch(() => undefined)
      http?.[Symbol.dispose]()
    },
  }
}

/** Runs `open` at the first call and answers every call with its result; `opened` is there once it was called. */
function once<T>(open: () => Promise<T>): (() => Promise<T>) & { readonly opened: Promise<T> | undefined } {
  let opened: Promise<T> | undefined
  const get = async (): Promise<T> => await (opened ??= open())
  return Object.defineProperty(get, 'opened', { get: () => opened }) as (() => Promise<T>) & { readonly opened: Promise<T> | undefined }
}

/** Users of spaces pass through the state directory to their own folders, and cannot list it. */
async function ensureState(config: Config): Promise<void> {
  const { stateDirectory } = config
  try {
    if (await exists(stateDirectory)) return
    await ensureDirectory(stateDirectory, { mode: config.engine === 'host' ? 0o711 : 0o700 })
  } catch (error) {
    if (!hasSystemCode(error, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENOENT', 'ENOSPC')) throw error
    throw new ChatonError('machine-not-ready', `the state directory ${stateDirectory} cannot be made or read: ${error.message}`, {
      next: ['run the command as the user to whom it belongs (often root), or name another with --state-directory or stateDirectory in chaton.yaml'],
      cause: error,
    })
  }
}

/** The host engine makes Unix users and databases; nothing of it works for anybody else. */
async function asRoot(open: () => Promise<HostEngine>): Promise<HostEngine> {
  if (process.getuid?.() === 0) return await open()
  throw new ChatonError('machine-not-ready', 'the host engine makes Unix users and databases: it has to run as root', { next: ['run the same command with sudo'] })
}

const recordsFile = (config: Config): string => join(config.stateDirectory, 'chaton.db')

async function openRecords(config: Config): Promise<{ store: Store; journal: Journal }> {
  await ensureState(config)
  const { openSqliteStore } = await import('./store/sqlite/index.ts')
  const opened = openSqliteStore({ path: recordsFile(config), clock: systemClock })
  await ensureDefaultPlans(opened.store, defaultPlans)
  return opened
}

/** What is on record, without making the record of a machine that has none. */
async function knownSpaces(config: Config, records: App['records']): Promise<{ spaces: readonly { slug: string; uid: string }[]; promisedBytes: number }> {
  if (!(await exists(recordsFile(config)))) return { spaces: [], promisedBytes: 0 }
  const { store } = await records()
  const [spaces, plans] = await Promise.all([store.list('Space'), store.list('Plan')])
  return { spaces: spaces.map(({ metadata }) => ({ slug: metadata.name, uid: metadata.uid })), promisedBytes: promisedBytes(spaces, plans) }
}

/** The state directory is made at the first secret that is kept: who only looks makes nothing. */
async function openSecrets(config: Config): Promise<SecretStore> {
  const { openSecretFile } = await import('./kit/secrets-file.ts')
  const file = openSecretFile({ directory: config.stateDirectory })
  const writing = async <T>(write: () => Promise<T>): Promise<T> => {
    await ensureState(config)
    return await write()
  }
  return {
    get: async (name) => await file.get(name),
    set: async (name, value) => await writing(async () => await file.set(name, value)),
    getOrCreate: async (name, make) => await writing(async () => await file.getOrCreate(name, make)),
    deleteAll: async (prefix) => await writing(async () => await file.deleteAll(prefix)),
  }
}

async function openMoves({ config, logger, secrets }: { config: Config; logger: Logger; secrets: SecretStore }): Promise<MoveServices & Disposable> {
  const [{ HttpClient }, { Moves }, { nextcloudHosts }, { withArchives }, { allKinds }] = await Promise.all([
    import('./kit/http-stream.ts'),
    import('./move/moves.ts'),
    import('./move/nextcloud-hosts.ts'),
    import('./move/archive/source/hosts.ts'),
    import('./move/all-kinds.ts'),
  ])
  const http = new HttpClient()
  return {
    moves: new Moves(join(config.stateDirectory, 'moves')),
    hosts: withArchives(nextcloudHosts({ http, clock: systemClock, agent: `chaton (${hostname()})` })),
    kinds: allKinds,
    secrets,
    clock: systemClock,
    logger,
    [Symbol.dispose]: () => http[Symbol.dispose](),
  }
}

async function openMailer(config: Config, secrets: SecretStore): Promise<Mailer> {
  if (config.mailUrl === '') return (await import('./mail/none/index.ts')).createNoMailer()
  const { createSmtpMailer, parseSmtpUrl } = await import('./mail/smtp/index.ts')
  return createSmtpMailer({
    server: parseSmtpUrl(config.mailUrl),
    user: config.mailUser,
    from: config.mailFrom,
    senderName: config.hosterName,
    secrets,
    clock: systemClock,
  })
}

async function openHostEngine({ config, logger, secrets, volumes }: { config: Config; logger: Logger; secrets: SecretStore; volumes: Volumes }): Promise<HostEngine> {
  const [{ hostEngine }, { caddySites }] = await Promise.all([import('./engine/host/host.ts'), import('./engine/host/sites/index.ts')])
  return await hostEngine({ config, secrets, clock: systemClock, logger, volumes, sites: (supervisor) => caddySites({ config, supervisor, clock: systemClock }) })
}

async function openSandbox(config: Config, secrets: SecretStore): Promise<Engine> {
  const { sandboxEngine } = await import('./engine/sandbox/index.ts')
  return sandboxEngine({ config, secrets, clock: systemClock })
}
