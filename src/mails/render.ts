import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Handlebars from 'handlebars'
import { ChatonError } from '../kit/errors.ts'
import { dateIn, sizeIn, tidy } from '../kit/format.ts'
import type { Locale } from '../model/space.ts'
import type { MailData, MailName } from './mails.ts'
import { readWords, say, templatesDirectory, type Values, type Words } from './words.ts'

export { mailNames, type MailData, type MailName } from './mails.ts'

export interface RenderedMail {
  readonly subject: string
  readonly html: string
  readonly text: string
}

/**
 * Writes the mail `name` in this language: plain HTML that escapes every value, and the same as text. Without remote
 * images and without tracking: every link leads where it says. Throws `bug` where a template asks for what is not there.
 */
export async function renderMail<Name extends MailName>(name: Name, locale: Locale, data: MailData[Name]): Promise<RenderedMail> {
  const words = await readWords(locale)
  const view = { ...prepare(data), locale, support: supportOf(data.supportUrl) }
  const write = async (part: 'subject' | 'html' | 'text'): Promise<string> => {
    const escaping = part === 'html'
    const engine = await createEngine(words, locale, escaping ? 'html' : 'text')
    const source = await readFile(join(templatesDirectory, 'mails', name, `${part}.hbs`), 'utf8')
    return engine.compile(source, { strict: true, noEscape: !escaping, knownHelpers: { t: true, size: true, date: true, web: true, is: true }, knownHelpersOnly: true })(view)
  }
  return { subject: tidy(await write('subject')), html: await write('html'), text: layOut(await write('text')) }
}

/** Text values on one line each, absent ones as `null`, so that a template can ask for them. */
function prepare(data: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, prepareValue(value)]))
}

function prepareValue(value: unknown): unknown {
  if (typeof value === 'string') return tidy(value)
  if (value === undefined) return null
  if (Array.isArray(value)) return value.map(prepareValue)
  return typeof value === 'object' && value !== null && !(value instanceof Date) ? prepare(value) : value
}

interface Support {
  readonly shown: string
  /** Null: not an address, shown as words. */
  readonly link: string | null
}

function supportOf(text: string): Support | null {
  const shown = tidy(text)
  if (shown === '') return null
  if (isWeb(shown)) return { shown, link: shown }
  const address = shown.replace(/^mailto:/, '')
  return /^[^\s@:/]+@[^\s@:/]+$/.test(address) ? { shown: address, link: `mailto:${address}` } : { shown, link: null }
}

const isWeb = (text: string): boolean => URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol)

function need<T>(value: T | undefined, helper: string): T {
  if (value === undefined) throw new ChatonError('bug', `a mail template gives the helper "${helper}" a value that is not there`)
  return value
}

/** Template engine of one rendering. Helpers: `t` (a sentence), `size`, `date`, `web` (an address to link to), `is` (equality). */
async function createEngine(words: Words, locale: Locale, kind: 'html' | 'text'): Promise<typeof Handlebars> {
  const engine = Handlebars.create()
  engine.registerPartial('layout', await readFile(join(templatesDirectory, 'partials', `mail-layout.${kind}.hbs`), 'utf8'))
  engine.registerPartial('support', await readFile(join(templatesDirectory, 'partials', `mail-support.${kind}.hbs`), 'utf8'))
  engine.registerHelper({
    t: (key: string, options: { hash: Values }) => say(words, locale, key, options.hash),
    size: (bytes: number | undefined) => sizeIn(locale, need(bytes, 'size')),
    date: (date: Date | undefined) => dateIn(locale, need(date, 'date')),
    is: (left: unknown, right: unknown) => need(left, 'is') === right,
    web: (address: string | undefined) => {
      const text = need(address, 'web')
      if (!isWeb(text)) throw new ChatonError('bug', 'a mail may only link to http and https addresses')
      return text
    },
  })
  return engine
}

/** At most two empty lines in a row, none at the ends. The line "-- " marks the signature (RFC 3676, 4.3). */
function layOut(text: string): string {
  const lines = text.split('\n').map((line) => (line === '-- ' ? line : line.trimEnd()))
  return `${lines.join('\n').replaceAll(/\n{4,}/g, '\n\n\n').trim()}\n`
}
