import { dateIn, tidy, typography, type Language } from '../../kit/format.ts'
import { mostCharacters, type FileComment } from '../../nextcloud/comments/contract.ts'

interface Told {
  readonly comment: Pick<FileComment, 'message' | 'actorType' | 'actorId' | 'actorName' | 'createdAt'>
  /** The account that wrote it is the one that moves. */
  readonly own: boolean
  readonly language: Language
}

/**
 * What is written for a comment: a first line with who wrote it and when, as the new one bears the name of the account that moves
 * and the day of the move; then its text. In parts where that is longer than a comment may be. Mentions notify nobody. Pure.
 */
export function textsFor({ comment, own, language }: Told): string[] {
  const who = own ? [] : [tidy(comment.actorName ?? (comment.actorType === 'deleted_users' ? deletedAccount[language] : comment.actorId)).slice(0, longestName)]
  const date = Number.isNaN(comment.createdAt.getTime()) ? unknownDate[language] : dateIn(language, comment.createdAt)
  const title = [...who, date].join(', ')
  const message = comment.message.replaceAll('\r\n', '\n').trim()
  const line = (part: string): string => typography(language, language === 'fr' ? `${title}${part} :` : `${title}${part}:`)
  const whole = quiet(`${line('')}\n${message}`)
  if (lengthOf(whole) <= mostCharacters) return [whole]
  const room = mostCharacters - lengthOf(quiet(line(longestPart))) - 1
  const pieces = piecesOf(quiet(message), room)
  return pieces.map((piece, index) => `${quiet(line(` (${index + 1}/${pieces.length})`))}\n${piece}`)
}

const deletedAccount: Readonly<Record<Language, string>> = { fr: 'un compte supprimé', en: 'a deleted account' }
const unknownDate: Readonly<Record<Language, string>> = { fr: 'date inconnue', en: 'unknown date' }
const longestName = 100
const longestPart = ' (99/99)'

const lengthOf = (text: string): number => Array.from(text).length

/** An invisible WORD JOINER behind each `@` that a server would take for a mention (Comment::getMentions). Pure. */
export const quiet = (text: string): string => text.replaceAll(/(?<![A-Za-z0-9_])@(?=["A-Za-z0-9_\-@.'])/g, '@\u2060')

/** Cut at a blank in the last third where there is one. Pure. */
function piecesOf(text: string, room: number): string[] {
  const pieces: string[] = []
  let left = Array.from(text)
  while (left.length > room) {
    const blank = left.slice(0, room + 1).findLastIndex((character) => /\s/.test(character))
    const end = blank > room * 0.66 ? blank : room
    pieces.push(left.slice(0, end).join('').trim())
    left = Array.from(left.slice(end).join('').trimStart())
  }
  return [...pieces, left.join('').trim()].filter((piece) => piece !== '')
}
