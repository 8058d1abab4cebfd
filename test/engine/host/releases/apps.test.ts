import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createApps, fits, parseInfoXml } from '../../../../src/engine/host/releases/apps.ts'
import { run } from '../../../../src/kit/exec.ts'
import { infoXml, rawTar } from './archives.ts'

let work: string
beforeEach(async () => {
  work = await mkdtemp('/tmp/chaton-apps-')
})
afterEach(async () => {
  await rm(work, { recursive: true, force: true })
})

async function appTree(id: string, version: string): Promise<string> {
  const root = join(work, `src-${version}`, id)
  await mkdir(join(root, 'appinfo'), { recursive: true })
  await writeFile(join(root, 'appinfo/info.xml'), infoXml(id, version))
  await writeFile(join(root, 'run.php'), '<?php', { mode: 0o777 })
  return root
}

test('pins an app from an archive and from a directory, versions side by side', async () => {
  const apps = createApps(join(work, 'apps'))
  expect(await apps.list()).toEqual([])
  await appTree('calendar', '5.0.9')
  const file = join(work, 'calendar-5.0.9.tar.gz')
  await run('tar', ['-czf', file, '-C', join(work, 'src-5.0.9'), 'calendar'])
  const { app, verified } = await apps.add(file)
  expect(app).toEqual({ id: 'calendar', version: '5.0.9', name: 'Calendar', nextcloud: { min: 28, max: 34 }, path: join(work, 'apps/calendar/5.0.9') })
  expect(verified).toBe('nothing')
  expect((await stat(join(app.path, 'run.php'))).mode).toBe(0o100644)
  await apps.add(await appTree('calendar', '5.0.10'))
  await apps.add(await appTree('bookmarks', '1.0.0'))
  expect((await apps.list()).map(({ id, version }) => `${id} ${version}`)).toEqual(['bookmarks 1.0.0', 'calendar 5.0.10', 'calendar 5.0.9'])
})

test('refuses the same version twice, a wrong sum, a hostile archive and what is not an app; nothing stays', async () => {
  const apps = createApps(join(work, 'apps'))
  const root = await appTree('calendar', '5.0.9')
  await apps.add(root)
  await expect(apps.add(root)).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('calendar 5.0.9 is already pinned') })
  const file = join(work, 'x.tar')
  await writeFile(file, rawTar([{ name: 'x/appinfo/info.xml', content: infoXml('x', '1') }, { name: '../evil', content: 'x' }]))
  await expect(apps.add(file)).rejects.toThrow(/leads outside/)
  await expect(apps.add(file, { sha512: '0'.repeat(128) })).rejects.toThrow(/not the published file/)
  await mkdir(join(work, 'empty'))
  await expect(apps.add(join(work, 'empty'))).rejects.toThrow(/not a Nextcloud app: it has no appinfo\/info\.xml/)
  expect((await readdir(join(work, 'apps'))).filter((name) => !name.startsWith('.lock'))).toEqual(['calendar'])
})

test('removes a version that nobody uses', async () => {
  const apps = createApps(join(work, 'apps'))
  await apps.add(await appTree('calendar', '5.0.9'))
  await expect(apps.remove('calendar', '5.0.9', ['jardin'])).rejects.toMatchObject({ code: 'conflict' })
  await expect(apps.remove('calendar', '1.0', [])).rejects.toMatchObject({ code: 'not-found' })
  await apps.remove('calendar', '5.0.9', [])
  expect(await apps.list()).toEqual([])
})

test.each([
  ['an id that leads outside', infoXml('../evil', '1.0'), /info\.id/],
  ['a version that leads outside', infoXml('calendar', '1/../../evil'), /info\.version/],
  ['an empty file', '', /not that of a Nextcloud app/],
  ['something else', '<rss/>', /not that of a Nextcloud app/],
  ['no releases named', infoXml('calendar', '1.0').replace(/<dep.*<\/dependencies>/, ''), /dependencies/],
])('info.xml with %s is refused', (_name, xml, message) => {
  expect(() => parseInfoXml(xml)).toThrow(message)
})

test('an entity in info.xml reads no file', () => {
  const xml = `<!DOCTYPE info [<!ENTITY x SYSTEM "file:///etc/passwd">]>${infoXml('calendar', '1.0').replace('<?xml version="1.0"?>', '').replace('Calendar', '&x;')}`
  const parsed = (() => {
    try {
      return parseInfoXml(xml).name
    } catch (error) {
      return String(error)
    }
  })()
  expect(parsed).not.toContain('root:')
})

test.each([
  ['27.1.0', false],
  ['28.0.2', true],
  ['34.0.1', true],
  ['35.0.0', false],
])('an app for 28 to 34 on %s: %s', (release, expected) => {
  expect(fits({ nextcloud: { min: 28, max: 34 } }, release)).toBe(expected)
})
