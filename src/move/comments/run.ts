import { openComments } from '../../nextcloud/comments/index.ts'
import { readLanguage } from '../../nextcloud/account.ts'
import type { Language } from '../../kit/format.ts'
import { nextPass, progressOf } from '../carried.ts'
import type { KindTally, MoveContext } from '../contract.ts'
import type { Item, MoveJournal } from '../journal.ts'
import { inParallel } from '../workers.ts'
import { isOpen, refusalsOf } from './items.ts'
import { scan } from './scan.ts'
import { carryThread } from './write.ts'

export async function carry(context: MoveContext): Promise<KindTally> {
  const { journal, destination } = context
  await scan(context, nextPass(journal, 'comments'), await languageOf(context))
  const to = openComments(destination.remote)
  const tell = progressOf(context, 'comments')
  await inParallel(threads(journal), destination.pace.most, async (items) => {
    await carryThread({ context, to, items })
    tell(items.filter(isOpen).length)
  })
  const { counts } = journal.tally('comments')
  return { moved: counts.moved, alreadyThere: counts.there, refused: refusalsOf(journal) }
}

/** Of the dates that are written; one for the whole move. */
async function languageOf({ journal, source }: MoveContext): Promise<Language> {
  const known = journal.fact('comments.language')
  if (known !== undefined) return known === 'fr' ? 'fr' : 'en'
  const language = (await source.pace.run(async () => await (source.instead?.language() ?? readLanguage(source.remote)))).startsWith('fr') ? 'fr' : 'en'
  journal.setFact('comments.language', language)
  return language
}

/** Comments of each file for which something is to be done. */
function* threads(journal: MoveJournal): Generator<readonly Item[]> {
  let items: Item[] = []
  const fileOf = (item: Item | undefined): string | undefined => item?.key.slice(0, item.key.indexOf('/'))
  for (const item of journal.walk('comments')) {
    if (items.length > 0 && fileOf(items[0]) !== fileOf(item)) {
      if (items.some(isOpen)) yield items
      items = []
    }
    items.push(item)
  }
  if (items.some(isOpen)) yield items
}
