import type { Config } from '../../config/options.ts'
import type { Locale } from '../../model/space.ts'
import type { PhpSettings } from './config-php.ts'
import type { HostSpace } from './names.ts'

/** Secrets of one space's config.php. */
export interface SpaceSecrets {
  /** `oc` and ten lower-case letters or digits: it names the folder of app data. */
  readonly instanceId: string
  readonly secret: string
  readonly passwordSalt: string
}

export interface SettingsInput {
  readonly space: HostSpace
  readonly config: Config
  readonly secrets: SpaceSecrets
  /** `db…` entries. */
  readonly database: Readonly<Record<string, string>>
  /** Address without trailing slash. */
  readonly url: string
  /** Four numbers, as in the release's version.php. */
  readonly version: string
  readonly redis: boolean
  readonly smtpPassword: string | undefined
}

const locales: Record<Locale, PhpSettings> = {
  fr: { default_language: 'fr', default_locale: 'fr_FR', default_phone_region: 'FR' },
  en: { default_language: 'en', default_locale: 'en_GB' },
}

/** Where the web server finds apps pinned by the hoster. */
export const pinnedAppsUrl = '/pinned-apps'

/** All settings of a space, for {@link configPhp}. Pure. */
export function settingsOf(input: SettingsInput): PhpSettings {
  const { space, config, secrets, database, url, version } = input
  return {
    instanceid: secrets.instanceId,
    passwordsalt: secrets.passwordSalt,
    secret: secrets.secret,
    installed: true,
    version,
    datadirectory: space.data,
    tempdirectory: space.paths.temporary,
    ...database,
    ...addressSettings(space, config, url),
    ...appSettings(space),
    ...cacheSettings(input),
    ...locales[space.target.owner.locale],
    ...capSettings(space, config),
    ...mailSettings(config, input.smtpPassword),
    config_is_read_only: true,
    'upgrade.disable-web': true,
    has_internet_connection: config.webMode !== 'loopback',
    lookup_server: '',
    knowledgebaseenabled: false,
    'simpleSignUpLink.shown': false,
    // The examples of a release are 20 MB for each account: they would fill a small pool before anybody wrote anything.
    skeletondirectory: '',
    templatedirectory: '',
    // At least 30 days. By default ("auto") Nextcloud purges a trash that is larger than half of what the account's quota
    // leaves, and quotas of a pool follow what is free: people would lose what they deleted a minute ago.
    trashbin_retention_obligation: '30, 3650',
    maintenance_window_start: 1,
    log_type: 'file',
    logfile: `${space.paths.log}/nextcloud.log`,
    loglevel: 2,
    log_rotate_size: 10_485_760,
  }
}

/**
 * PHP is reached over FastCGI on a Unix socket and is told the visitor's own address, so there is no proxy to trust:
 * a list of trusted ones would let neighbours on this machine choose the address that they are throttled by.
 */
function addressSettings(space: HostSpace, config: Config, url: string): PhpSettings {
  const { host, protocol } = new URL(url)
  const fixed = { overwritehost: host, overwriteprotocol: protocol.replace(':', '') }
  return {
    trusted_domains: [...new Set([space.target.domain, 'localhost', '127.0.0.1'])],
    'overwrite.cli.url': url,
    ...(config.webMode === 'loopback' ? {} : fixed),
  }
}

function appSettings(space: HostSpace): PhpSettings {
  return {
    appstoreenabled: false,
    updatechecker: false,
    apps_paths: [
      { path: `${space.release}/apps`, url: '/apps', writable: false },
      { path: space.paths.apps, url: pinnedAppsUrl, writable: false },
    ],
  }
}

function cacheSettings({ space, redis }: SettingsInput): PhpSettings {
  const local = { 'memcache.local': String.raw`\OC\Memcache\APCu`, 'filelocking.enabled': true }
  if (!redis) return local
  const shared = String.raw`\OC\Memcache\Redis`
  return { ...local, 'memcache.distributed': shared, 'memcache.locking': shared, redis: { host: space.paths.redisSocket, port: 0, timeout: 1.5 } }
}

/** Nextcloud's own cap counts enabled accounts and is asked when one is created. */
function capSettings(space: HostSpace, config: Config): PhpSettings {
  return {
    'one-click-instance': true,
    'one-click-instance.user-limit': space.target.accountCap,
    'one-click-instance.link': config.hosterSupport === '' ? `https://${config.domain}` : config.hosterSupport,
  }
}

function mailSettings(config: Config, password: string | undefined): PhpSettings {
  if (config.mailUrl === '') return { mail_smtpmode: 'null' }
  const { hostname, port, protocol } = new URL(config.mailUrl)
  const implicitTls = protocol === 'smtps:'
  const address = /<([^<>]+)>\s*$/.exec(config.mailFrom)?.[1] ?? config.mailFrom.trim()
  const at = address.lastIndexOf('@')
  const signIn = config.mailUser === '' ? { mail_smtpauth: false } : { mail_smtpauth: true, mail_smtpname: config.mailUser, mail_smtppassword: password ?? '' }
  return {
    mail_smtpmode: 'smtp',
    mail_smtphost: hostname.replace(/^\[(.*)\]$/, '$1'),
    mail_smtpport: port === '' ? (implicitTls ? 465 : 587) : Number(port),
    // Empty: STARTTLS where the server offers it.
    mail_smtpsecure: implicitTls ? 'ssl' : '',
    ...signIn,
    ...(at > 0 ? { mail_from_address: address.slice(0, at), mail_domain: address.slice(at + 1) } : {}),
  }
}
