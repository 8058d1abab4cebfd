import type { Language } from '../../kit/format.ts'

/** A reason or an advice in a language; what is not known in it stays as it is. Pure. */
export function reasonIn(_language: Language, text: string): string {
  return text
}
