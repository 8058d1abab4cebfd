import { createHash } from 'node:crypto'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../../../config/options.ts'
import { contain } from '../../../kit/contain.ts'
import { hasSystemCode } from '../../../kit/errors.ts'
import { hasProgram } from '../../../kit/exec.ts'
import { ensureDirectory, exists, readTextIfExists, writeFileAtomic } from '../../../kit/files.ts'
import { whileLocked } from '../../../kit/lock.ts'
import type { Server } from '../../../nextcloud/connection.ts'
import type { Finding, StepResult } from '../../contract.ts'
import type { HostSpace } from '../names.ts'
import type { ProcessUnit, SiteMode, Sites, Supervisor } from '../parts.ts'
import { answers } from '../supervisor/socket.ts'
import { plainPath, renderHostTemplate } from '../template.ts'
import { webUser } from '../web-user.ts'
import { loadCaddyfile } from './caddy-admin.ts'
import { modeOf, siteFile } from './caddyfile.ts'

export interface CaddySitesOptions {
  readonly config: Pick<Config, 'stateDirectory' | 'webMode' | 'webAdmin' | 'hosterName' | 'hosterSupport'>
  readonly supervisor: Supervisor
  /** Default 80 and 443. */
  readonly ports?: { readonly http: number; readonly https: number }
}

const suffix = '.caddy'
/** Files of ours; what else lies in the directory is the hoster's own, and is loaded too. */
const spaceFile = /^ch-[a-z0-9-]+\.caddy$/
/** Caddy's stock admin interface: whoever reaches it may do anything that Caddy may. */
const openAdmin = '127.0.0.1:2019'
/** Certificate of Caddy's own authority (its module pki), below our directory. */
const internalRoot = 'data/caddy/pki/authorities/local/root.crt'
const migrateSetting = '/proc/sys/net/ipv4/tcp_migrate_req'

/**
 * While Caddy changes over, its old and its new listener share the port (SO_REUSEPORT); with this setting (Linux 5.14,
 * Documentation/networking/ip-sysctl.rst) the kernel hands connections that wait at the old one to the new one, instead
 * of resetting them. It concerns sockets of that kind only. A kernel without it, or one we may not tell, is left alone.
 */
async function migrateConnections(): Promise<void> {
  try {
    if ((await readTextIfExists(migrateSetting))?.trim() === '0') await writeFile(migrateSetting, '1')
  } catch (error) {
    if (!hasSystemCode(error, 'EACCES', 'EPERM', 'EROFS')) throw error
  }
}

/**
 * One Caddy for all sites, run by our supervisor. The truth is one Caddyfile a space in `<state>/caddy/sites`; Caddy
 * reads them at its start, and takes the whole anew, without dropping a request, when one has changed.
 */
export class CaddySites implements Sites {
  readonly #options: CaddySitesOptions
  readonly #root: string
  readonly #sites: string

  constructor(options: CaddySitesOptions) {
    this.#options = options
    this.#root = join(options.config.stateDirectory, 'caddy')
    this.#sites = join(this.#root, 'sites')
  }

  async ensure(space: HostSpace, mode: SiteMode): Promise<StepResult> {
    const text = await siteFile(this.#options.config, space, mode)
    const file = this.#file(space.names.id)
    return this.#alone(async () => {
      const before = await readTextIfExists(file)
      if (before !== text) await writeFileAtomic(file, text, { mode: 0o644 })
      try {
        const loaded = await this.#load()
        return { changed: loaded || before !== text }
      } catch (error) {
        await this.#putBack(file, before)
        throw error
      }
    })
  }

  async remove(id: string): Promise<void> {
    const file = this.#file(id)
    await this.#alone(async () => {
      if (!(await exists(file))) return
      await rm(file, { force: true })
      await this.#load()
    })
  }

  async mode(id: string): Promise<SiteMode | undefined> {
    const text = await readTextIfExists(this.#file(id))
    return text === undefined ? undefined : modeOf(text)
  }

  url({ target }: Pick<HostSpace, 'target'>): string {
    return this.#options.config.webMode === 'loopback' ? `http://127.0.0.1:${target.port}` : `https://${target.domain}`
  }

  async server(space: Pick<HostSpace, 'target'>): Promise<Server> {
    const { webMode } = this.#options.config
    if (webMode === 'loopback') return { base: this.url(space) }
    const root = webMode === 'internal' ? await readTextIfExists(join(this.#root, internalRoot)) : undefined
    return {
      base: `https://127.0.0.1:${this.#options.ports?.https ?? 443}`,
      headers: { host: space.target.domain },
      ...(root === undefined ? {} : { ca: root }),
    }
  }

  async list(): Promise<readonly string[]> {
    return (await this.#files()).filter((file) => spaceFile.test(file)).map((file) => file.slice(0, -suffix.length))
  }

  async check(): Promise<readonly Finding[]> {
    const findings: Finding[] = []
    if (!(await hasProgram('caddy'))) {
      findings.push({ code: 'caddy-missing', severity: 'error', message: 'the web server Caddy is not installed', fix: 'apt-get install caddy && systemctl disable --now caddy' })
    }
    if (this.#options.config.webAdmin !== openAdmin && (await answers(openAdmin, 300))) {
      findings.push({
        code: 'caddy-admin-open',
        severity: 'warning',
        message: `a Caddy listens for orders at ${openAdmin}: any program on this machine, also one inside a space, can take it over. chaton runs a Caddy of its own with a closed admin socket`,
        fix: 'systemctl disable --now caddy',
      })
    }
    return findings
  }

  /** Caddy runs and serves the site files as they are. True when that took doing anything. Call it alone. */
  async #load(): Promise<boolean> {
    const { supervisor, config } = this.#options
    await this.#directories()
    const main = await this.#mainFile()
    const wanted = await this.#digest(main)
    const { started } = await supervisor.ensure(await this.#unit())
    const marker = join(this.#root, 'loaded')
    if (!started && (await readTextIfExists(marker)) === wanted) return false
    await migrateConnections()
    // Also after a start: the admin interface answers before the sites do, and takes no order until they do.
    await loadCaddyfile(config.webAdmin, main)
    await writeFileAtomic(marker, wanted)
    return true
  }

  /** After a file that Caddy refused: the sites go on as they were. */
  async #putBack(file: string, before: string | undefined): Promise<void> {
    await (before === undefined ? rm(file, { force: true }) : writeFileAtomic(file, before, { mode: 0o644 }))
  }

  async #directories(): Promise<void> {
    const owner = await webUser()
    await ensureDirectory(this.#root, { mode: 0o755, owner: { uid: 0, gid: 0 } })
    await ensureDirectory(this.#sites, { mode: 0o755, owner: { uid: 0, gid: 0 } })
    for (const name of ['run', 'data', 'settings']) await ensureDirectory(join(this.#root, name), { mode: 0o700, owner })
  }

  async #mainFile(): Promise<string> {
    const { config, ports } = this.#options
    const text = await renderHostTemplate('caddy-main.hbs', {
      sites: plainPath(this.#sites),
      admin: config.webAdmin.startsWith('/') ? `unix/${plainPath(config.webAdmin)}` : config.webAdmin,
      plain: config.webMode === 'loopback',
      httpPort: ports?.http ?? 80,
      httpsPort: ports?.https ?? 443,
    })
    const file = join(this.#root, 'Caddyfile')
    if ((await readTextIfExists(file)) !== text) await writeFileAtomic(file, text)
    return text
  }

  async #unit(): Promise<ProcessUnit> {
    const { webAdmin, webMode } = this.#options.config
    const data = join(this.#root, 'data')
    return {
      name: 'caddy',
      description: 'Caddy, the web server of all spaces',
      command: '/usr/bin/caddy',
      args: ['run', '--config', join(this.#root, 'Caddyfile'), '--adapter', 'caddyfile'],
      environment: { HOME: data, XDG_DATA_HOME: data, XDG_CONFIG_HOME: join(this.#root, 'settings') },
      owner: await webUser(),
      socket: webAdmin,
      lowPorts: webMode !== 'loopback',
      writable: [data, join(this.#root, 'settings'), join(this.#root, 'run'), ...(webAdmin.startsWith('/') ? [dirname(webAdmin)] : [])],
    }
  }

  /** Of the main file and all site files, in their order. */
  async #digest(main: string): Promise<string> {
    const hash = createHash('sha256').update(main)
    for (const file of await this.#files()) hash.update(`\0${file}\0${await readTextIfExists(join(this.#sites, file))}`)
    return hash.digest('hex')
  }

  async #files(): Promise<string[]> {
    if (!(await exists(this.#sites))) return []
    return (await readdir(this.#sites)).filter((file) => file.endsWith(suffix)).toSorted()
  }

  #file(id: string): string {
    return contain(this.#sites, `${id}${suffix}`)
  }

  /** One load at a time on this machine: each reads all files, so that none of two changes is lost. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    return whileLocked(join(this.#root, 'sites.lock'), 'the web sites of this machine', work)
  }
}
