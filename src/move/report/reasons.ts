import type { Language } from '../../kit/format.ts'
import { frenchNames, frenchReasons } from './reasons-fr.ts'

interface Phrase {
  readonly shape: RegExp
  readonly french: string
}

const exact = new Map(frenchReasons.filter(([english]) => !english.includes('{}')))
const phrases: readonly Phrase[] = frenchReasons
  .filter(([english]) => english.includes('{}'))
  .map(([english, french]) => ({ shape: new RegExp(`^${english.split('{}').map(escaped).join('([\\s\\S]*?)')}$`), french }))

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}

/** A reason or an advice in a language, also where one stands inside another; what is not known in it stays in English. Pure. */
export function reasonIn(language: Language, text: string): string {
  if (language === 'en') return text
  const whole = exact.get(text)
  if (whole !== undefined) return whole
  for (const { shape, french } of phrases) {
    const parts = shape.exec(text)?.slice(1)
    if (parts === undefined) continue
    let next = 0
    return french.replaceAll('{}', () => reasonIn(language, parts[next++] ?? ''))
  }
  return text
}

/** What was refused: names that this program gives, in a language; those of files and the like as they are. Pure. */
export const nameIn = (language: Language, name: string): string => (language === 'fr' ? (frenchNames.get(name) ?? name) : name)

/** Whether a reason is known in French. Pure. */
export const isKnownReason = (text: string): boolean => exact.has(text) || phrases.some(({ shape }) => shape.test(text))
