/** Languages that people are written to in. */
export type Language = 'fr' | 'en'

const steps: readonly (readonly [factor: number, unit: Readonly<Record<Language, string>>])[] = [
  [1e12, { fr: 'To', en: 'TB' }],
  [1e9, { fr: 'Go', en: 'GB' }],
  [1e6, { fr: 'Mo', en: 'MB' }],
  [1e3, { fr: 'ko', en: 'kB' }],
]

/** "40 Go" or "40 GB": decimal units, at most one decimal place. Pure. */
export function sizeIn(locale: Language, bytes: number): string {
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 1, useGrouping: false })
  for (const [factor, unit] of steps) {
    if (bytes >= factor * 0.9995) return `${number.format(bytes / factor)} ${unit[locale]}`
  }
  return `${bytes} ${locale === 'fr' ? 'o' : 'B'}`
}

/** "24 novembre 2026" or "24 November 2026", in UTC. Pure. */
export function dateIn(locale: Language, date: Date): string {
  return new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, { dateStyle: 'long', timeZone: 'UTC' }).format(date)
}

/** French puts a space that does not break inside « » and before ; : ! ? %. Pure. */
export function typography(locale: Language, text: string): string {
  if (locale !== 'fr') return text
  return text.replaceAll(/ (?=[;:!?»%])/g, '\u00A0').replaceAll('« ', '«\u00A0')
}

/** One line, without control characters, so that data can shape neither a subject nor the layout of a text. Pure. */
export function tidy(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp} ]+/gu, ' ').trim()
}
