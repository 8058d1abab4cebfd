import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandLineSettings, openBasedir, pinnedAppsDirectory } from '../../../../src/engine/host/processes/fence.ts'
import { countConnections, processorTicks, proportionalBytes } from '../../../../src/engine/host/processes/master.ts'
import { findPhp } from '../../../../src/engine/host/processes/php-binary.ts'
import { plainPath, renderHostTemplate } from '../../../../src/engine/host/template.ts'
import { webUser } from '../../../../src/engine/host/web-user.ts'
import { exampleSpace } from './example-space.ts'

const config = { releasesDirectory: '/var/lib/chaton/releases' }
const space = exampleSpace('/var/lib/chaton', 'jardin')

describe('openBasedir', () => {
  it('names directories of this space, its release and the pinned apps, each closed by a slash', () => {
    const entries = openBasedir(space, config).split(':')
    expect(entries.every((entry) => /^\/.+\/$/.test(entry))).toBe(true)
    expect(entries).toEqual(expect.arrayContaining([`${space.release}/`, `${space.paths.config}/`, `${space.data}/`, '/var/lib/chaton/apps/']))
    expect(entries).not.toContain(`${space.paths.root}/`)
    expect(entries).not.toContain(`${config.releasesDirectory}/`)
  })

  it('cannot be widened by a colon in a path', () => {
    expect(() => openBasedir({ ...space, data: '/data:/' }, config)).toThrow(/cannot hold/)
  })
})

describe('commandLineSettings', () => {
  it('is a list of -d arguments with the same fence and enough memory', () => {
    const settings = commandLineSettings({ ...space, target: { ...space.target, php: { ...space.target.php, memoryBytes: 1024 } } }, config)
    expect(settings.filter((_, index) => index % 2 === 0).every((word) => word === '-d')).toBe(true)
    expect(settings).toContain(`open_basedir=${openBasedir(space, config)}`)
    expect(settings).toContain('memory_limit=536870912')
    expect(settings).toContain('apc.enable_cli=1')
  })
})

describe('small parts', () => {
  it('keeps pinned apps beside the releases', () => {
    expect(pinnedAppsDirectory({ releasesDirectory: '/srv/nc/releases' })).toBe('/srv/nc/apps')
  })

  it.each(['/a b', 'relative', '/a"b', '/a\nb', '/a$b', '/a{b}', '/a:b', '/a;b', '/a#b'])('does not write the path %j into a configuration', (path) => {
    expect(() => plainPath(path)).toThrow(/cannot hold/)
  })

  it('throws for a value that a template lacks', async () => {
    await expect(renderHostTemplate('redis.conf.hbs', { socket: '/s' })).rejects.toThrow(/logDirectory/)
  })

  it('reads the proportional share of memory', () => {
    expect(proportionalBytes('00400000-7fff ---p 00000000 00:00 0 [rollup]\nRss:  10568 kB\nPss:   7800 kB\nPss_Dirty: 1 kB\n')).toBe(7_987_200)
    expect(proportionalBytes('')).toBe(0)
  })

  it('counts connections to a socket, not its listener, nor those to another', () => {
    const table = [
      'Num       RefCount Protocol Flags    Type St Inode Path',
      '0000000000000000: 00000002 00000000 00010000 0001 01 47322 /s/run/php.sock',
      '0000000000000000: 00000003 00000000 00000000 0001 03 47323 /s/run/php.sock',
      '0000000000000000: 00000003 00000000 00000000 0001 03 47324',
      '0000000000000000: 00000003 00000000 00000000 0001 03 47325 /s/run/php.sock2',
      '',
    ].join('\n')
    expect(countConnections(table, '/s/run/php.sock')).toBe(1)
    expect(countConnections(table, '/other')).toBe(0)
  })

  it('reads the time a process has spent, whatever it is called', () => {
    expect(processorTicks('812 (php) 7 (x)) S 1 812 812 0 -1 4194560 5021 0 0 0 57 13 0 0 20 0 1 0 30571 212000768 9000')).toBe(70)
    expect(processorTicks('')).toBe(0)
  })

  it('finds the newest PHP that has both programs, or says what to install', async () => {
    const root = await mkdtemp(join(tmpdir(), 'chaton-php-'))
    try {
      for (const path of ['sbin', 'bin']) await mkdir(join(root, path))
      for (const name of ['sbin/php-fpm8.2', 'sbin/php-fpm8.4', 'sbin/php-fpm7.4', 'bin/php8.2', 'bin/php7.4']) await writeFile(join(root, name), '')
      const places = { fpm: join(root, 'sbin'), cli: join(root, 'bin') }
      expect(await findPhp(places)).toEqual({ version: '8.2', fpm: join(root, 'sbin/php-fpm8.2'), cli: join(root, 'bin/php8.2') })
      await rm(join(root, 'bin/php8.2'))
      await expect(findPhp(places)).rejects.toMatchObject({ code: 'machine-not-ready', next: expect.arrayContaining(['apt-get install php-fpm php-cli']) })
      await expect(findPhp({ fpm: '/no/such', cli: '/no/such' })).rejects.toThrow(/found: none/)
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  })

  it('takes the user caddy where there is one, else root', async () => {
    const root = await mkdtemp(join(tmpdir(), 'chaton-web-'))
    try {
      const passwd = join(root, 'passwd')
      await writeFile(passwd, 'root:x:0:0::/:/bin/sh\ncaddy:x:999:995::/:/bin/false\n')
      expect(await webUser(passwd)).toEqual({ uid: 999, gid: 995 })
      await writeFile(passwd, 'root:x:0:0::/:/bin/sh\n')
      expect(await webUser(passwd)).toEqual({ uid: 0, gid: 0 })
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  })
})
