import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mailNames, renderMail, type MailData, type MailName, type RenderedMail } from '../../src/mails/render.ts'
import { readWords, templatesDirectory, type Sentence } from '../../src/mails/words.ts'
import { locales, type Locale } from '../../src/model/space.ts'
import { samples } from './samples.ts'

const render = async (name: MailName, locale: Locale, data: MailData[MailName] = samples[name]): Promise<RenderedMail> =>
  await renderMail(name, locale, data)
const everyMail = mailNames.flatMap((name) => locales.map((locale) => ({ name, locale })))

test('every mail has its folder with the same three templates, and every folder its mail', async () => {
  expect((await readdir(join(templatesDirectory, 'mails'))).toSorted()).toEqual([...mailNames].toSorted())
  for (const name of mailNames) {
    expect((await readdir(join(templatesDirectory, 'mails', name))).toSorted()).toEqual(['html.hbs', 'subject.hbs', 'text.hbs'])
  }
})

const places = (sentence: Sentence): string[] =>
  [...new Set(Object.values(typeof sentence === 'string' ? [sentence] : sentence).flatMap((form) => form.match(/\{\w+\}/g) ?? []))]
    .filter((place) => place !== '{count}')
    .toSorted()

test('every language has the same sentences with the same places, and a file of its own', async () => {
  expect((await readdir(join(templatesDirectory, 'locales'))).toSorted()).toEqual(locales.map((locale) => `${locale}.json`).toSorted())
  const [first, ...others] = await Promise.all(
    locales.map(async (locale) => {
      const words = await readWords(locale)
      return Object.entries(words).flatMap(([group, sentences]) => Object.entries(sentences).map(([name, sentence]) => `${group}.${name} ${places(sentence).join(' ')}`))
    }),
  )
  for (const other of others) expect(other).toEqual(first)
})

test('every sentence is used by a template', async () => {
  const folders = ['partials', ...mailNames.map((name) => `mails/${name}`)]
  const files = await Promise.all(folders.map(async (folder) => (await readdir(join(templatesDirectory, folder))).map((file) => join(templatesDirectory, folder, file))))
  const sources = (await Promise.all(files.flat().map(async (file) => await readFile(file, 'utf8')))).join('\n')
  const words = await readWords('fr')
  const unused = Object.entries(words).flatMap(([group, sentences]) => Object.keys(sentences).map((name) => `${group}.${name}`)).filter((key) => !sources.includes(`'${key}'`))
  expect(unused).toEqual([])
})

test.each(everyMail)('$name in $locale: nothing missing, nothing left over, the same words as HTML and as text', async ({ name, locale }) => {
  const { subject, html, text } = await render(name, locale)
  for (const part of [subject, html, text]) {
    expect(part).not.toMatch(/[{}]|undefined|\[object|\bnull\b|NaN/)
    expect(part).toContain('Le jardin partagé')
  }
  expect(subject).not.toContain('\n')
  expect(html).toContain(`<html lang="${locale}">`)
  expect(html.match(/<p>|<li>/g)?.length).toBeGreaterThan(3)
  expect(text).not.toMatch(/<\w|&\w+;/)
  const links = [...html.matchAll(/href="([^"]+)"/g)].map(([, link]) => link ?? '')
  for (const link of links) expect(text).toContain(link)
  expect(html.includes('Bonjour Camille Martin,')).toBe(locale === 'fr')
  expect(html.includes('Hello Camille Martin,')).toBe(locale === 'en')
})

test.each(everyMail)('$name in $locale follows nobody: no image, no script, no style from elsewhere, links as they were given', async ({ name, locale }) => {
  const { html } = await render(name, locale)
  expect(html).not.toMatch(/<(?:img|script|link|iframe|object|video|audio|source|input|form)\b|url\(|@import|\bsrc=|\bbackground=/i)
  const allowed = ['https://jardin-partage.example.org', 'https://aide.example.org', 'https://docs.nextcloud.com/', 'https://nextcloud.com/']
  const links = [...html.matchAll(/href="([^"]+)"/g)].map(([, link]) => link ?? '')
  expect(links.filter((link) => !allowed.some((start) => link.startsWith(start)))).toEqual([])
})

const hostile = '<script>alert(1)</script>"\'&{{personName}} {person} \r\nBcc: x@y.example'

test.each(everyMail)('$name in $locale: hostile names stay words', async ({ name, locale }) => {
  const data = { ...samples[name], spaceTitle: hostile, personName: hostile, hosterName: hostile, disabled: [{ userId: hostile, displayName: hostile }] }
  const { subject, html, text } = await render(name, locale, data)
  expect(html).not.toContain('<script')
  expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;{{personName}} {person} Bcc: x@y.example')
  expect(subject).toContain(`<script>alert(1)</script>"'&{{personName}} {person} Bcc: x@y.example`)
  expect(subject).not.toMatch(/[\r\n]/)
  expect(text).not.toMatch(/^Bcc/m)
})

test.each(everyMail)('$name in $locale: a missing value is a fault, not a gap', async ({ name, locale }) => {
  for (const key of Object.keys(samples[name])) {
    if (['backupUntil', 'url', 'disabled', 'office', 'trashBytes', 'versionsBytes'].includes(key)) continue
    const { [key as keyof MailData[MailName]]: _gone, ...rest } = samples[name]
    await expect(render(name, locale, rest as MailData[MailName])).rejects.toThrow(/not defined|not there|needs a (?:value|number)|Cannot read/)
  }
})

test('the hand-over says where, who, until when, how much, and whom to ask', async () => {
  const { subject, text } = await render('hand-over', 'fr')
  expect(subject).toBe('Votre espace «\u00A0Le jardin partagé\u00A0» est prêt')
  for (const words of [
    'https://jardin-partage.example.org/index.php/lostpassword/reset/form/aBc123/camille',
    'Connectez-vous ensuite ici\u00A0: https://jardin-partage.example.org',
    'Votre identifiant\u00A0: camille',
    'valable 7 jours',
    '40 Go à partager',
    'jusqu’à 50',
    'Collabora Online',
    'https://aide.example.org',
  ]) {
    expect(text).toContain(words)
  }
  const english = await render('hand-over', 'en')
  expect(english.text).toContain('40 GB, shared by all accounts')
})

test('the hand-over names the suite of the space, or none', async () => {
  const withSuite = async (office: 'onlyoffice' | undefined) => (await renderMail('hand-over', 'fr', { ...samples['hand-over'], office })).text
  expect(await withSuite('onlyoffice')).toContain('ONLYOFFICE')
  expect(await withSuite(undefined)).not.toMatch(/bureautique/)
})

test('plural forms follow the number', async () => {
  expect((await render('invitation', 'fr')).text).toContain('valable 1 jour\u00A0:')
  expect((await render('invitation', 'en')).text).toContain('valid for 1 day:')
  const one = { ...samples['accounts-over-cap'], cap: 1, disabled: [{ userId: 'alix', displayName: 'Alix' }] }
  const { subject, text } = await renderMail('accounts-over-cap', 'en', one)
  expect(subject).toMatch(/^An account was disabled/)
  expect(text).toMatch(/1 active account at most[^]*the newest account:\n- Alix \(alix\)\n/)
})

test('a warning before the pool is full says that nothing is blocked; a full pool, that writing is', async () => {
  const at = async (percent: 80 | 90 | 100) => await renderMail('pool-warning', 'fr', { ...samples['pool-warning'], percent })
  expect((await at(80)).subject).toMatch(/rempli à 80\u00A0%$/)
  expect((await at(80)).text).toContain('Rien n’est bloqué')
  const full = await at(100)
  expect(full.subject).toMatch(/est plein$/)
  expect(full.text).toMatch(/tout reste lisible.*toujours supprimer.*plus personne ne peut ajouter/)
})

test('the warning puts the trash first, where there is any', async () => {
  const { text } = await render('pool-warning', 'fr')
  expect(text.indexOf('D’abord la corbeille, qui contient 3,5 Go')).toBeLessThan(text.indexOf('Supprimez ensuite'))
  const empty = await renderMail('pool-warning', 'fr', { ...samples['pool-warning'], trashBytes: 0 })
  expect(empty.text).toContain('Corbeille\u00A0: 0 o')
  expect(empty.text).not.toContain('D’abord la corbeille')
})

test('a deleted space: until when the backup is kept, or that there is none', async () => {
  expect((await render('deleted', 'fr')).text).toContain('jusqu’au 24 décembre 2026')
  expect((await render('deleted', 'en')).text).toContain('until 24 December 2026')
  expect((await renderMail('deleted', 'fr', { ...samples.deleted, backupUntil: undefined })).text).toContain('aucune sauvegarde')
})

test.each([
  ['aide@example.org', '<a href="mailto:aide@example.org">aide@example.org</a>'],
  ['mailto:aide@example.org', '<a href="mailto:aide@example.org">aide@example.org</a>'],
  ['le jeudi soir, au local', 'ici\u00A0: le jeudi soir, au local</p>'],
  ['javascript:alert(1)', 'ici\u00A0: javascript:alert(1)</p>'],
  ['', 'Répondez simplement à ce message'],
])('help at %j', async (supportUrl, expected) => {
  const { html } = await renderMail('suspended', 'fr', { ...samples.suspended, supportUrl })
  expect(html).toContain(expected)
})

test('an address that is not of the web is never linked to', async () => {
  await expect(renderMail('suspended', 'fr', { ...samples.suspended, url: 'javascript:alert(1)' })).rejects.toThrow(/http and https/)
})

test('renders wherever the command is run from', async () => {
  const before = process.cwd()
  process.chdir(await mkdtemp('/tmp/mails-'))
  await expect(render('suspended', 'fr')).resolves.toBeDefined()
  process.chdir(before)
})
