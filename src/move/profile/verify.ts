import type { KindVerdict, MoveContext } from '../contract.ts'
import type { Item } from '../journal.ts'
import type { Refusal } from '../kinds.ts'
import { hidden, valueMark } from './decide.ts'
import { titleOf } from './items.ts'
import { readProfile, valueNames, valueOf } from './values.ts'

/** Reads both profiles again. */
export async function verify({ journal, source, destination }: MoveContext): Promise<KindVerdict> {
  const here = await readProfile(source)
  const there = await readProfile(destination)
  const unseen = valueNames.flatMap((name): Refusal[] => {
    const why = journal.get('profile', name)?.state === 'refused' ? undefined : hidden(name, here, there)
    return why === undefined ? [] : [{ what: titleOf(name), ...why }]
  })
  const shown = valueNames.filter((name) => (valueOf(here, name) ?? '') !== '' && hidden(name, here, there) === undefined)
  const differing = shown.flatMap((name): Refusal[] => {
    const reason = difference(journal.get('profile', name), valueOf(here, name) ?? '', valueOf(there, name) ?? '')
    return reason === undefined ? [] : [{ what: titleOf(name), reason, next: 'run the move again' }]
  })
  return { checked: shown.length, differing: [...differing, ...unseen] }
}

/** Pure. */
export function difference(item: Item | undefined, here: string, there: string): string | undefined {
  if (here === there || item?.state === 'refused') return undefined
  if (item === undefined) return 'it is at the old host and was not carried yet'
  if (item.sourceMark !== valueMark(here)) return 'it changed at the source since it was carried'
  return item.destinationMark === valueMark(there) ? undefined : 'it was changed at the destination since it arrived'
}
