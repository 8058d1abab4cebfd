import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../../../src/kit/exec.ts'
import { createReleases, type Progress } from '../../../../src/engine/host/releases/catalogue.ts'
import { makeTree, rawTar, rawZip, type TarEntry } from './archives.ts'

let work: string
let installed: string
beforeEach(async () => {
  work = await mkdtemp('/tmp/chaton-releases-')
  installed = join(work, 'releases')
})
afterEach(async () => {
  await rm(work, { recursive: true, force: true })
})

async function archive(ending: string, flag: string, version = '32.0.1'): Promise<string> {
  await makeTree(join(work, 'src/nextcloud'), version, { 'config/config.sample.php': 'sample' })
  const file = join(work, `nextcloud.${ending}`)
  await run('tar', [`-c${flag}f`, file, '-C', join(work, 'src'), 'nextcloud'])
  return file
}

const leftovers = async (): Promise<string[]> => (await readdir(installed)).filter((name) => !name.startsWith('.lock'))

test('an absent directory has no releases', async () => {
  expect(await createReleases(installed).list()).toEqual([])
})

test.each([
  ['tar.bz2', 'j'],
  ['tar.gz', 'z'],
  ['tar.xz', 'J'],
  ['tar', ''],
])('takes a .%s archive: whole, readable by all, writable by none but root', async (ending, flag) => {
  const steps: Progress['step'][] = []
  const { release, verified } = await createReleases(installed).add(await archive(ending, flag), { onProgress: ({ step }) => steps.push(step) })
  expect(release).toMatchObject({ version: '32.0.1', path: join(installed, '32.0.1'), complete: true, notes: [] })
  expect(release.sizeBytes).toBeGreaterThan(500)
  expect(verified).toBe('nothing')
  expect(steps).toEqual(['unpack', 'check', 'install'])
  expect(await leftovers()).toEqual(['32.0.1'])
  expect(await readFile(join(release.path, 'config/config.sample.php'), 'utf8')).toBe('sample')
  for (const [name, mode] of [['occ', 0o100644], ['', 0o040755], ['lib/private', 0o040755]] as const) {
    const found = await stat(join(release.path, name))
    expect(found).toMatchObject({ mode, uid: process.getuid?.(), gid: process.getgid?.() })
  }
})

test('takes a .zip archive', async () => {
  await makeTree(join(work, 'src/nextcloud'), '29.0.1')
  const names = (await readdir(join(work, 'src'), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const entries = await Promise.all(names.map(async (name) => ({ name: name.slice(join(work, 'src/').length), content: await readFile(name, 'utf8') })))
  await writeFile(join(work, 'nextcloud.zip'), rawZip(entries))
  expect((await createReleases(installed).add(join(work, 'nextcloud.zip'))).release).toMatchObject({ version: '29.0.1', complete: true })
})

test('takes a directory, and leaves the settings of another installation behind', async () => {
  await makeTree(join(work, 'tree'), '28.0.2', { 'config/config.php': 'secret' })
  const { release } = await createReleases(installed).add(join(work, 'tree'))
  expect(release.version).toBe('28.0.2')
  expect(await readdir(release.path)).not.toContain('data')
  await expect(stat(join(release.path, 'config/config.php'))).rejects.toThrow(/ENOENT/)
  expect(await readFile(join(work, 'tree/config/config.php'), 'utf8')).toBe('secret')
})

test('refuses an installation in use', async () => {
  await makeTree(join(work, 'tree'), '28.0.2', { 'data/camille/files/diary.md': 'dear diary' })
  await expect(createReleases(installed).add(join(work, 'tree'))).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('installation in use') })
  expect(await leftovers()).toEqual([])
})

test('lists newest first, with what is missing', async () => {
  for (const version of ['9.1.10', '32.0.1', '32.0.10', '32.0.9']) await makeTree(join(installed, version), version)
  await rm(join(installed, '32.0.9/lib'), { recursive: true })
  await rm(join(installed, '32.0.1/core/fonts'), { recursive: true })
  await makeTree(join(installed, '32.0.10'), '32.0.10', { 'apps/password_policy/lists/list-6.php': '', 'apps/password_policy/lists/list-7.php': '' })
  await makeTree(join(installed, '9.1.10'), '9.1.9', { 'data/nextcloud.log': '' })
  await mkdir(join(installed, 'not-a-version'))
  const list = await createReleases(installed).list()
  expect(list.map(({ version, complete, notes }) => ({ version, complete, notes }))).toEqual([
    { version: '32.0.10', complete: true, notes: ['common passwords of 8, 9, 10, 11, 12 characters are not refused: apps/password_policy/lists is incomplete'] },
    { version: '32.0.9', complete: false, notes: ['incomplete: lib/base.php, lib/private, lib/public missing'] },
    { version: '32.0.1', complete: true, notes: ['avatars and text previews stay blank: core/fonts/NotoSans-Regular.ttf, core/fonts/NotoSans-Bold.ttf missing'] },
    { version: '9.1.10', complete: false, notes: ['version.php says "9.1.9"', 'something ran in the shared tree and wrote data: spaces do not use it, remove it'] },
  ])
})

test('never runs version.php', async () => {
  await makeTree(join(installed, '32.0.1'), '32.0.1', { 'version.php': `<?php touch('${work}/ran');\n$OC_VersionString = '32.0.1';\n` })
  expect(await createReleases(installed).list()).toHaveLength(1)
  expect(await readdir(work)).toEqual(['releases'])
})

test('refuses a version that is there already', async () => {
  const file = await archive('tar.gz', 'z')
  const releases = createReleases(installed)
  await releases.add(file)
  await expect(releases.add(file)).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('32.0.1 is already installed') })
  await expect(releases.add('32.0.1')).rejects.toMatchObject({ code: 'conflict' })
  expect(await leftovers()).toEqual(['32.0.1'])
})

test('goes on after a kill: what the killed run left is removed, the release installed', async () => {
  await makeTree(join(installed, '.incoming-killed/tree/nextcloud'), '32.0.1')
  await writeFile(join(installed, '.incoming-killed/archive.tar'), 'half')
  await createReleases(installed).add(await archive('tar.bz2', 'j'))
  expect(await leftovers()).toEqual(['32.0.1'])
})

test('two at once: one works, the other is told so', async () => {
  const file = await archive('tar.gz', 'z')
  const results = await Promise.allSettled([createReleases(installed).add(file), createReleases(installed).add(file)])
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'conflict' } })
  expect(await leftovers()).toEqual(['32.0.1'])
})

describe('SHA-512', () => {
  const sumOf = async (file: string): Promise<string> => createHash('sha512').update(await readFile(file)).digest('hex')

  test('beside the archive or given: verified', async () => {
    const file = await archive('tar.gz', 'z')
    const releases = createReleases(installed)
    expect((await releases.add(file, { sha512: (await sumOf(file)).toUpperCase() })).verified).toBe('sha512')
    await releases.remove('32.0.1', [])
    await writeFile(`${file}.sha512`, `${await sumOf(file)}  nextcloud.tar.gz\n${'0'.repeat(128)}  other.zip\n`)
    expect((await releases.add(file)).verified).toBe('sha512')
  })

  test.each([
    ['another sum given', { sha512: '0'.repeat(128) }, /is not the published file/],
    ['a sum that is none', { sha512: 'abc' }, /128 hexadecimal digits/],
  ])('%s: refused', async (_name, options, message) => {
    await expect(createReleases(installed).add(await archive('tar.gz', 'z'), options)).rejects.toThrow(message)
    expect(await leftovers()).toEqual([])
  })

  test('another sum beside it, or one for other files only: refused', async () => {
    const file = await archive('tar.gz', 'z')
    await writeFile(`${file}.sha512`, `${'0'.repeat(128)}  nextcloud.tar.gz\n`)
    await expect(createReleases(installed).add(file)).rejects.toThrow(/is not the published file/)
    await writeFile(`${file}.sha512`, `${'0'.repeat(128)}  other.tar.gz\n`)
    await expect(createReleases(installed).add(file)).rejects.toThrow(/has no SHA-512 sum for nextcloud\.tar\.gz/)
  })
})

const whole: TarEntry[] = [{ name: 'nextcloud/', type: '5' }, { name: 'nextcloud/version.php', content: "<?php\n$OC_VersionString = '32.0.1';\n" }]

describe('hostile archives are refused and nothing of them stays', () => {
  test.each<[string, TarEntry[], RegExp]>([
    ['a name with ..', [{ name: 'nextcloud/../../evil', content: 'x' }], /"nextcloud\/\.\.\/\.\.\/evil" leads outside/],
    ['an absolute name', [{ name: '/tmp/chaton-evil', content: 'x' }], /"\/tmp\/chaton-evil" leads outside/],
    ['a symbolic link to an absolute name', [{ name: 'nextcloud/a', type: '2', link: '/etc' }], /link that leads outside, to "\/etc"/],
    ['a symbolic link upwards', [{ name: 'nextcloud/a', type: '2', link: '../../x' }], /link that leads outside/],
    ['a hard link outside', [{ name: 'nextcloud/a', type: '1', link: '/etc/passwd' }], /link that leads outside/],
    ['a hard link upwards', [{ name: 'nextcloud/a', type: '1', link: '../etc/passwd' }], /link that leads outside/],
    ['a device', [{ name: 'nextcloud/a', type: '3' }], /CharacterDevice/],
    ['a pipe', [{ name: 'nextcloud/a', type: '6' }], /FIFO/],
    [
      'links that lead outside together',
      [
        { name: 'nextcloud/d/', type: '5' },
        { name: 'nextcloud/d/up', type: '2', link: '../..' },
        { name: 'nextcloud/out', type: '2', link: 'd/up/../..' },
      ],
      /leads outside/,
    ],
  ])('%s', async (_name, entries, message) => {
    const file = join(work, 'evil.tar')
    await writeFile(file, rawTar([...whole, ...entries]))
    await expect(createReleases(installed).add(file)).rejects.toMatchObject({ code: 'bad-input', message: expect.stringMatching(message) })
    expect(await leftovers()).toEqual([])
    expect((await readdir(work)).toSorted()).toEqual(['evil.tar', 'releases'])
  })

  test.each([
    ['a zip with ..', [{ name: '../evil', content: 'x' }], /leads outside/],
    ['a zip with an absolute name', [{ name: '/tmp/chaton-evil', content: 'x' }], /leads outside/],
    ['a zip with a link', [{ name: 'nextcloud/a', content: '/etc/passwd', link: true }], /"a" is a link that leads outside, to "\/etc\/passwd"/],
  ])('%s', async (_name, entries, message) => {
    const file = join(work, 'evil.zip')
    await writeFile(file, rawZip([{ name: 'nextcloud/version.php', content: "<?php\n$OC_VersionString = '32.0.1';\n" }, ...entries]))
    await expect(createReleases(installed).add(file)).rejects.toMatchObject({ code: 'bad-input', message: expect.stringMatching(message) })
    expect(await leftovers()).toEqual([])
    expect((await readdir(work)).toSorted()).toEqual(['evil.zip', 'releases'])
  })

  test('a directory with a link that leads outside', async () => {
    await makeTree(join(work, 'tree'), '32.0.1')
    await symlink('/etc/passwd', join(work, 'tree/apps/x'))
    await expect(createReleases(installed).add(join(work, 'tree'))).rejects.toThrow(/"apps\/x" is a link that leads outside/)
    expect(await leftovers()).toEqual([])
  })
})

describe('what is not a release', () => {
  test.each([
    ['32', /not a full version/],
    ['v32.0.1', /not a full version/],
    ['33.0.0rc1', /not a full version/],
    ['/nonexistent/nextcloud.tar.bz2', /no file or directory \/nonexistent\/nextcloud\.tar\.bz2/],
  ])('%s', async (source, message) => {
    await expect(createReleases(installed).add(source)).rejects.toThrow(message)
  })

  test('a damaged archive, of every kind', async () => {
    const whole = await readFile(await archive('tar.gz', 'z'))
    await writeFile(join(work, 'a.tar.gz'), whole.subarray(0, whole.length / 2))
    await writeFile(join(work, 'b.tar'), 'not a tar at all'.repeat(100))
    await writeFile(join(work, 'c.zip'), 'not a zip')
    await writeFile(join(work, 'd.tar.bz2'), 'not bzip2')
    await writeFile(join(work, 'e.tar'), '')
    for (const name of ['a.tar.gz', 'b.tar', 'c.zip', 'd.tar.bz2', 'e.tar']) {
      await expect(createReleases(installed).add(join(work, name))).rejects.toThrow(/damaged|bzip2|is empty/)
    }
    expect(await leftovers()).toEqual([])
  })

  test('an archive of another kind', async () => {
    await writeFile(join(work, 'nextcloud.rar'), '')
    await expect(createReleases(installed).add(join(work, 'nextcloud.rar'))).rejects.toThrow(/allowed: \.tar\.bz2/)
  })

  test('something else, half a release, an unfinished one', async () => {
    await mkdir(join(work, 'else'))
    await expect(createReleases(installed).add(join(work, 'else'))).rejects.toThrow(/no version\.php/)
    await makeTree(join(work, 'half'), '32.0.1')
    await rm(join(work, 'half/3rdparty'), { recursive: true })
    await expect(createReleases(installed).add(join(work, 'half'))).rejects.toThrow(/incomplete: 3rdparty\/autoload\.php missing/)
    await makeTree(join(work, 'rc'), '33.0.0 RC1')
    await expect(createReleases(installed).add(join(work, 'rc'))).rejects.toThrow(/version\.php says "33\.0\.0 RC1"/)
    expect(await leftovers()).toEqual([])
  })
})

describe('remove', () => {
  test('refuses what spaces use, and names them', async () => {
    await makeTree(join(installed, '32.0.1'), '32.0.1')
    await expect(createReleases(installed).remove('32.0.1', ['jardin', 'amap'])).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('2 spaces: jardin, amap') })
    expect(await leftovers()).toEqual(['32.0.1'])
  })

  test('removes the tree, read-only or not', async () => {
    await makeTree(join(installed, '32.0.1'), '32.0.1')
    await chmod(join(installed, '32.0.1/lib'), 0o555)
    await createReleases(installed).remove('32.0.1', [])
    expect(await leftovers()).toEqual([])
  })

  test.each(['31.0.0', '../..', ''])('%j is not installed', async (version) => {
    await makeTree(join(installed, '32.0.1'), '32.0.1')
    await expect(createReleases(installed).remove(version, [])).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('installed: 32.0.1') })
    expect(await leftovers()).toEqual(['32.0.1'])
  })
})
