import { uidIn } from '../../nextcloud/groupware/uid.ts'
import { componentsOf, lineIn, plain } from './content-lines.ts'

const longest = 80

/** An event or a task as a person knows it: `Réunion (2030-01-01)`. Pure. */
export function titleOfObject(data: string): string | undefined {
  const component = componentsOf(data)?.[0]?.components.find(({ name }) => name === 'VEVENT' || name === 'VTODO' || name === 'VJOURNAL')
  const summary = plain(lineIn(component, 'SUMMARY')?.value ?? '')
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})/.exec(lineIn(component, 'DTSTART')?.value ?? lineIn(component, 'DUE')?.value ?? '') ?? []
  return titled(summary || uidIn(data), year === undefined ? undefined : `${year}-${month}-${day}`)
}

/** A card as a person knows it: the name. Pure. */
export function titleOfCard(data: string): string | undefined {
  const card = componentsOf(data)?.[0]
  const names = [lineIn(card, 'FN'), lineIn(card, 'N'), lineIn(card, 'ORG'), lineIn(card, 'EMAIL')].map((line) => plain((line?.value ?? '').replaceAll(/(?<!\\);/g, ' ')).replaceAll(/\s+/g, ' '))
  return titled(names.find((name) => name.trim() !== '') ?? uidIn(data), undefined)
}

function titled(name: string | undefined, detail: string | undefined): string | undefined {
  if (name === undefined || name === '') return undefined
  const short = name.length > longest ? `${name.slice(0, longest - 1)}…` : name
  return detail === undefined ? short : `${short} (${detail})`
}
