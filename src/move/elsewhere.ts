import { z } from 'zod'
import { ChatonError } from '../kit/errors.ts'
import { dateIn, typography, type Language } from '../kit/format.ts'
import type { OpenMove } from './moves.ts'

const Place = z.object({ address: z.string(), account: z.string() })

/** "The same thing, elsewhere": what the old address can tell whoever still comes there. Holds nothing that is not public already. */
export const Elsewhere = z.object({
  format: z.literal('chaton-elsewhere/1'),
  was: Place,
  is: Place,
  since: z.iso.datetime(),
  /** Federated cloud id, for people who share with the account. */
  cloudId: z.string(),
  /** For programs of calendars and contacts (CalDAV, CardDAV) and files (WebDAV). */
  dav: z.string(),
})
export type Elsewhere = z.infer<typeof Elsewhere>

/** Throws `bad-input` for a move that has not come to its end: nothing is to be told before the new account is complete. */
export function elsewhereOf({ id, facts }: OpenMove): Elsewhere {
  const was = facts.get('source')
  const is = facts.get('destination')
  const since = facts.get('finishedAt')
  if (facts.phase !== 'done' || was === undefined || is === undefined || since === undefined) {
    throw new ChatonError('bad-input', `the move ${id} has not come to its end: the old address has nothing to tell yet`, { next: [`chaton move resume ${id}`] })
  }
  return {
    format: 'chaton-elsewhere/1',
    was: { address: was.address, account: was.account },
    is: { address: is.address, account: is.account },
    since,
    cloudId: `${is.account}@${hostOf(is.address)}`,
    dav: `${is.address}/remote.php/dav`,
  }
}

const hostOf = (address: string): string => address.replace(/^https?:\/\//, '')

const texts: Readonly<Record<Language, (notice: Elsewhere, date: string) => readonly string[]>> = {
  fr: ({ was, is, cloudId, dav }, date) => [
    'La même chose, ailleurs',
    '',
    `Le compte « ${was.account} » a quitté ${hostOf(was.address)} le ${date}. Tout est maintenant ici :`,
    `  ${is.address}`,
    '',
    `Pour partager un fichier avec cette personne : ${cloudId}`,
    `Pour ses agendas et contacts partagés (CalDAV, CardDAV) : ${dav}`,
    'Les anciens liens de partage ne suivent pas : demandez-lui le nouveau.',
  ],
  en: ({ was, is, cloudId, dav }, date) => [
    'The same thing, elsewhere',
    '',
    `The account "${was.account}" left ${hostOf(was.address)} on ${date}. Everything is now here:`,
    `  ${is.address}`,
    '',
    `To share a file with this person: ${cloudId}`,
    `For calendars and contacts they share (CalDAV, CardDAV): ${dav}`,
    'Old share links do not follow: ask them for the new one.',
  ],
}

/** The notice as lines of plain text. Pure. */
export function elsewhereLines(notice: Elsewhere, language: Language): string[] {
  return texts[language](notice, dateIn(language, new Date(notice.since))).map((line) => typography(language, line))
}
