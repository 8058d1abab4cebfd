import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { ChatonError } from '../kit/errors.ts'
import { typography } from '../kit/format.ts'
import type { Locale } from '../model/space.ts'

export const templatesDirectory = fileURLToPath(new URL('../../templates', import.meta.url))

/** A sentence with `{places}`; where it depends on a number, one for each plural form of the language (CLDR). */
export const Sentence = z.union([z.string().min(1), z.strictObject({ one: z.string().min(1), other: z.string().min(1) })])
export type Sentence = z.infer<typeof Sentence>

/** templates/locales/<locale>.json: sentences by mail and name. */
export const Words = z.record(z.string(), z.record(z.string(), Sentence))
export type Words = z.infer<typeof Words>

export async function readWords(locale: Locale): Promise<Words> {
  return Words.parse(JSON.parse(await readFile(`${templatesDirectory}/locales/${locale}.json`, 'utf8')))
}

export type Values = Readonly<Record<string, string | number>>

/**
 * The sentence `group.name` with its places filled. Pure. A plural is chosen by the value `count`.
 * Throws `bug` for an unknown sentence, a place without a value or a value without a place.
 */
export function say(words: Words, locale: Locale, key: string, values: Values): string {
  const [group = '', name = ''] = key.split('.')
  const sentence = words[group]?.[name]
  if (sentence === undefined) throw new ChatonError('bug', `templates/locales/${locale}.json has no sentence "${key}"`)
  const unused = new Set(Object.keys(values))
  const pattern = typeof sentence === 'string' ? sentence : plural(sentence, locale, values['count'], key)
  if (typeof sentence !== 'string') unused.delete('count')
  const filled = typography(locale, pattern).replaceAll(/\{(\w+)\}/g, (_place, place: string) => {
    const value = values[place]
    if (value === undefined) throw new ChatonError('bug', `the sentence "${key}" (${locale}) needs a value for {${place}}`)
    unused.delete(place)
    return String(value)
  })
  if (unused.size > 0) throw new ChatonError('bug', `the sentence "${key}" (${locale}) has no place for: ${[...unused].join(', ')}`)
  return filled
}

function plural(sentence: Exclude<Sentence, string>, locale: Locale, count: string | number | undefined, key: string): string {
  if (typeof count !== 'number') throw new ChatonError('bug', `the sentence "${key}" (${locale}) needs a number "count"`)
  return new Intl.PluralRules(locale).select(count) === 'one' ? sentence.one : sentence.other
}
