/** A Debian release that `chaton host setup` knows. */
export interface Debian {
  readonly version: string
  readonly php: string
  readonly postgresql: string
}

export const debians: readonly Debian[] = [
  { version: '12', php: '8.2', postgresql: '15' },
  { version: '13', php: '8.4', postgresql: '17' },
]

/** Modules of PHP that Nextcloud needs or is slow without, as `php -m` names them, and the Debian package of each. */
export const phpModules: Readonly<Record<string, string>> = {
  pgsql: 'pgsql',
  pdo_pgsql: 'pgsql',
  pdo_sqlite: 'sqlite3',
  gd: 'gd',
  dom: 'xml',
  xmlreader: 'xml',
  xmlwriter: 'xml',
  SimpleXML: 'xml',
  mbstring: 'mbstring',
  curl: 'curl',
  zip: 'zip',
  intl: 'intl',
  bcmath: 'bcmath',
  gmp: 'gmp',
  apcu: 'apcu',
  redis: 'redis',
  'Zend OPcache': 'opcache',
  ctype: 'common',
  fileinfo: 'common',
  posix: 'common',
}

/** Debian packages of a host, in the order in which they are told to apt. Pure. */
export function packagesFor({ php }: Debian): string[] {
  const modules = [...new Set(Object.values(phpModules))].filter((name) => name !== 'common')
  return [
    ...['fpm', 'cli', ...modules].map((name) => `php${php}-${name}`),
    'postgresql',
    'caddy',
    'redis-server',
    'btrfs-progs',
    'bzip2',
    'unzip',
    'gnupg',
    'acl',
    'ca-certificates',
  ]
}

/** Services that these packages bring and start, and that chaton replaces by one process a space (or one of its own). */
export function servicesReplaced({ php }: Debian): { readonly package: string; readonly service: string }[] {
  return [
    { package: `php${php}-fpm`, service: `php${php}-fpm.service` },
    { package: 'redis-server', service: 'redis-server.service' },
    { package: 'caddy', service: 'caddy.service' },
  ]
}

export interface OsRelease {
  readonly id: string
  readonly version: string
  readonly name: string
}

/** Reads /etc/os-release (freedesktop.org, os-release(5)). Pure. */
export function parseOsRelease(text: string): OsRelease {
  const value = (key: string): string => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1]?.replaceAll(/^["']|["']$/g, '') ?? ''
  return { id: value('ID'), version: value('VERSION_ID'), name: value('PRETTY_NAME') || 'an unknown system' }
}

/** The Debian this is, or undefined. Pure. */
export function debianOf(os: OsRelease): Debian | undefined {
  return os.id === 'debian' ? debians.find(({ version }) => version === os.version) : undefined
}
