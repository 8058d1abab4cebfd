import { chownSync, copyFileSync, createReadStream, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { namesOf, pathsOf } from '../../src/engine/host/names.ts'
import { runCli } from '../support/cli.ts'
import { kindFixtures } from './kinds/all.ts'
import { commentsOf, filesOf, profileOf, said, shelvesOf, type FileView } from './support/account-view.ts'
import { askForImport } from './support/agree.ts'
import { betweenReleases } from './support/releases.ts'
import { openSpaces, type PersonForTest, type SpaceForTest, type SpacesForTest } from './support/spaces.ts'

/** An archive of ours, taken in by the official app and by ourselves; an archive of the official app, taken in by us. */

const suite = 'an account as an archive'
const appTree = '/var/lib/chaton/apps/user_migration'
const hasApp = existsSync(appTree) && readdirSync(appTree).length > 0
/** The app works from 29 on. */
const runsApp = (release: string): boolean => Number.parseInt(release, 10) >= 29
const pairs = [['32.0.1', '34.0.1'], ['34.0.1', '32.0.1'], ['28.0.2', '32.0.1']] as const

const archived = kindFixtures.filter(({ kind }) => ['files', 'favourites', 'tags', 'comments', 'calendars', 'contacts', 'profile'].includes(kind))

let spaces: SpacesForTest
const state = mkdtempSync(join(tmpdir(), 'chaton-archives-'))

beforeAll(async () => {
  spaces = await openSpaces({ firstPort: 36_200 })
})
afterAll(async () => {
  await spaces[Symbol.asyncDispose]()
  rmSync(state, { recursive: true, force: true })
})

interface Ran {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

const chaton = async (args: readonly string[], side: 'FROM' | 'TO', { password }: PersonForTest): Promise<Ran> =>
  await runCli([...args, '--json'], { CHATON_STATE_DIRECTORY: state, [`CHATON_MOVE_${side}_PASSWORD`]: password })

/** Where PHP of the space may read and write. */
const foldersOf = ({ target }: SpaceForTest): string => pathsOf(spaces.lab.config, namesOf(target).id).temporary

async function importByApp(space: SpaceForTest, archive: string, userId: string): Promise<PersonForTest> {
  const path = join(foldersOf(space), `${userId}.zip`)
  copyFileSync(archive, path)
  chownSync(path, ...ownerOf(foldersOf(space)))
  await space.occ('app:enable', 'user_migration')
  const said = await space.occ('user:import', path)
  expect(said).toContain('Successfully imported')
  const { password } = await spaces.lab.engine.createAppPassword(space.target, userId, 'test')
  return { url: space.url, userId, password } as PersonForTest
}

/** As a person does it: the archive into the account, then the page of the app, which has it done by the next background job. */
async function importByPage({ url, userId, accountPassword, files, space }: PersonForTest, archive: string): Promise<void> {
  await space.occ('app:enable', 'user_migration')
  await files.write('compte.nextcloud_export', { stream: createReadStream(archive), length: statSync(archive).size }, { over: 'new', mtime: 1_600_000_000 })
  await askForImport(url, { user: userId, password: accountPassword }, 'compte.nextcloud_export')
  const jobs = JSON.parse(await space.occ('background-job:list', '--class', String.raw`OCA\UserMigration\BackgroundJob\UserImportJob`, '--output', 'json')) as { id: string }[]
  expect(jobs).toHaveLength(1)
  await space.occ('background-job:execute', '--force-execute', String(jobs[0]?.id))
}

async function exportByApp({ space, userId }: PersonForTest): Promise<string> {
  await space.occ('app:enable', 'user_migration')
  const said = await space.occ('user:export', userId, foldersOf(space))
  const [name] = readdirSync(foldersOf(space)).filter((one) => one.startsWith(`${userId}_`) && one.endsWith('.zip'))
  expect([name, said]).toEqual([expect.any(String), expect.stringContaining(userId)])
  const path = join(state, name ?? '')
  copyFileSync(join(foldersOf(space), name ?? ''), path)
  return path
}

function ownerOf(path: string): [number, number] {
  const [uid = '0', gid = '0'] = spawnSync('stat', ['-c', '%u %g', path], { encoding: 'utf8' }).stdout.trim().split(' ')
  return [Number(uid), Number(gid)]
}

/** 32.0.1 fails on every archive with favourites: Tags::tagAs asks for the account of a session, which neither occ nor cron has. */
const takesFavourites = (release: string): boolean => release !== '32.0.1'
const unstarred = (files: Readonly<Record<string, FileView>>): Record<string, FileView> => Object.fromEntries(Object.entries(files).map(([path, view]) => [path, { ...view, favourite: false }]))

async function without(kind: string, source: PersonForTest): Promise<string> {
  const path = join(state, `${source.userId}-without-${kind}.nextcloud_export`)
  if (existsSync(path)) return path
  expect(await chaton(['move', 'export', '--from', source.url, '--from-user', source.userId, '--output', path, '--without', kind], 'FROM', source)).toMatchObject({ exitCode: 0 })
  return path
}

/** The app keeps times in steps of two seconds. */
const coarse = (files: Readonly<Record<string, FileView>>): Record<string, FileView> => Object.fromEntries(Object.entries(files).map(([path, view]) => [path, { ...view, mtime: view.mtime - (view.mtime % 2) }]))

const texts = (shelves: Readonly<Record<string, string[]>>, title: string): string[][] => (shelves[title] ?? []).map(said).toSorted((a, b) => a.join().localeCompare(b.join()))

async function sameShelves(here: PersonForTest, there: PersonForTest): Promise<void> {
  for (const home of ['calendars', 'addressbooks/users'] as const) {
    const [mine, theirs] = [await shelvesOf(here, home), await shelvesOf(there, home)]
    expect(texts(mine, 'Chantier').length).toBeGreaterThan(0)
    expect([home, texts(theirs, 'Chantier')]).toEqual([home, texts(mine, 'Chantier')])
  }
}

/** The address is that of the account. 34 takes from an app password nothing but the picture. */
async function sameProfile(here: PersonForTest, there: PersonForTest, release: string): Promise<void> {
  const { email: _email, language: _language, headline: _headline, ...profile } = await profileOf(here)
  expect(profile).toMatchObject({ phone: '+33612345678', organisation: 'Les Chats', picture: '1' })
  expect(await profileOf(there)).toMatchObject(release === '34.0.1' ? { picture: '1' } : profile)
}

betweenReleases(suite, pairs, (name, [from, to]) => {
  describe(`${suite}: ${name}`, () => {
    let source: PersonForTest
    let archive: string
    const id = `a${from}-${to}`.replaceAll('.', '')

    beforeAll(async () => {
      source = await (await spaces.space(from)).person(id)
      for (const fixture of archived) await fixture.plant(source, source)
      archive = join(state, `${id}.nextcloud_export`)
    })

    it('is written whole, as other programs read it', async () => {
      const made = await chaton(['move', 'export', '--from', source.url, '--from-user', source.userId, '--output', archive], 'FROM', source)
      expect(made).toMatchObject({ exitCode: 0 })
      expect(spawnSync('unzip', ['-tq', archive], { encoding: 'utf8' })).toMatchObject({ status: 0 })
      expect(spawnSync('python3', ['-c', 'import sys,zipfile;sys.exit(zipfile.ZipFile(sys.argv[1]).testzip() is not None)', archive])).toMatchObject({ status: 0 })
    })

    it('is carried by us into another account, and compares equal', async () => {
      const other = await (await spaces.space(to)).person(`${id}-own`)
      const ran = await chaton(['move', 'import', archive, '--to', other.url, '--to-user', other.userId], 'TO', other)
      expect([ran.exitCode, ran.stderr.split('\n').slice(-4)]).toEqual([0, expect.anything()])
      expect(await filesOf(other)).toEqual(await filesOf(source))
      for (const fixture of archived.filter(({ kind }) => !['calendars', 'contacts', 'profile'].includes(kind))) await fixture.check(source, other)
      await sameProfile(source, other, to)
      await sameShelves(source, other)
    })

    it.skipIf(!hasApp || !runsApp(to))(`is taken in by the official app of ${to}${hasApp ? '' : ` (this machine lacks ${appTree})`}`, async () => {
      const stars = takesFavourites(to)
      const taken = await importByApp(await spaces.space(to), stars ? archive : await without('favourites', source), id)
      expect(await filesOf(taken)).toEqual(coarse(stars ? await filesOf(source) : unstarred(await filesOf(source))))
      await sameShelves(source, taken)
      for (const path of ['many/3.txt', 'many', 'many/5.txt']) expect([path, await commentsOf(taken, path)]).toEqual([path, await commentsOf(source, path)])
      await archived.find(({ kind }) => kind === 'tags')?.check(source, taken)
      expect(await profileOf(taken)).toEqual(await profileOf(source))
    })

    it.skipIf(!hasApp || !runsApp(to))(`is taken in by the page of the official app of ${to}${hasApp ? '' : ` (this machine lacks ${appTree})`}`, async () => {
      const stars = takesFavourites(to)
      const other = await (await spaces.space(to)).person(`${id}-page`)
      await importByPage(other, stars ? archive : await without('favourites', source))
      const { 'compte.nextcloud_export': sent, ...taken } = await filesOf(other)
      expect(sent).toBeDefined()
      expect(taken).toEqual(coarse(stars ? await filesOf(source) : unstarred(await filesOf(source))))
      await sameShelves(source, other)
    })

    it.skipIf(!hasApp || !runsApp(from))(`an archive of the official app of ${from} is carried by us${hasApp ? '' : ` (this machine lacks ${appTree})`}`, async () => {
      const theirs = await exportByApp(source)
      const other = await (await spaces.space(to)).person(`${id}-app`)
      const ran = await chaton(['move', 'import', theirs, '--to', other.url, '--to-user', other.userId], 'TO', other)
      expect([ran.exitCode, ran.stderr.split('\n').slice(-4)]).toEqual([0, expect.anything()])
      expect(coarse(await filesOf(other))).toEqual(coarse(await filesOf(source)))
      await sameShelves(source, other)
      for (const fixture of archived.filter(({ kind }) => kind === 'tags' || kind === 'comments')) await fixture.check(source, other)
      await sameProfile(source, other, to)
    })
  })
})
