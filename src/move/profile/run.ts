import { nextPass } from '../carried.ts'
import type { KindTally, MoveContext } from '../contract.ts'
import type { Item, MoveJournal } from '../journal.ts'
import { decide, hidden, mailsLeft, scopeFor, valueMark } from './decide.ts'
import { itemOf, refusalsOf, scopeKey } from './items.ts'
import { ProfileSetter } from './setter.ts'
import { readProfile, valueNames, valueOf, type Profile, type ValueName } from './values.ts'

interface ProfileRun {
  readonly context: MoveContext
  readonly journal: MoveJournal
  readonly here: Profile
  readonly there: Profile
  readonly setter: ProfileSetter
  readonly pass: number
}

export async function carry(context: MoveContext): Promise<KindTally> {
  const { journal, source, destination } = context
  const pass = nextPass(journal, 'profile')
  const here = await readProfile(source)
  const there = await readProfile(destination)
  const run: ProfileRun = { context, journal, here, there, setter: new ProfileSetter(context, here), pass }
  for (const name of valueNames) {
    context.signal.throwIfAborted()
    await carryValue(run, name)
    const { counts } = journal.tally('profile')
    context.progress({ kind: 'profile', done: counts.moved + counts.there, total: counts.moved + counts.there + counts.refused })
  }
  await noteWhatIsThere(run)
  leaveMails(run)
  for (const item of journal.walk('profile')) if (item.pass !== pass) journal.delete('profile', item.key)
  const { counts } = journal.tally('profile')
  return { moved: counts.moved, alreadyThere: counts.there, refused: refusalsOf(journal) }
}

async function carryValue(run: ProfileRun, name: ValueName): Promise<void> {
  const { journal, here, there, pass } = run
  const known = journal.get('profile', name)
  const unseen = hidden(name, here, there)
  if (unseen !== undefined) return journal.put('profile', unseenItem(name, { known, pass, ...unseen }))
  const value = valueOf(here, name) ?? ''
  const decision = decide({ name, here: value, there: valueOf(there, name), known })
  const sourceMark = valueMark(value)
  if (decision === 'nothing') return
  if (decision === 'there') return journal.put('profile', itemOf(name, pass, { state: 'there', sourceMark }))
  if (typeof decision === 'object') return journal.put('profile', itemOf(name, pass, { state: 'refused', sourceMark, ...decision }))
  if (decision === 'moved') {
    journal.put('profile', itemOf(name, pass, { state: 'moved', sourceMark, destinationMark: valueMark(valueOf(there, name) ?? '') }))
    return keepScope(run, name)
  }
  journal.put('profile', itemOf(name, pass, { state: 'writing', sourceMark }))
  // Who sees it comes first: it is shown to nobody else for an instant.
  const scope = await carryScope(run, name)
  const refused = await run.setter.set(name, value)
  if (refused !== undefined) return journal.put('profile', itemOf(name, pass, { state: 'refused', sourceMark, ...refused }))
  if (scope !== undefined) journal.put('profile', scope)
}

/** What was carried before stays as it was noted then. Pure. */
function unseenItem(name: ValueName, { known, pass, ...refused }: { readonly known: Item | undefined; readonly pass: number; readonly reason: string; readonly next: string }): Item {
  return known?.state === 'moved' || known?.state === 'there' ? { ...known, pass } : itemOf(name, pass, { state: 'refused', sourceMark: '', ...refused })
}

const scopeNameOf = (name: ValueName): string => (name === 'picture' ? 'avatar' : name)

/** What there is to note of it. */
async function carryScope({ here, there, pass, setter }: ProfileRun, name: ValueName): Promise<Item | undefined> {
  const field = scopeNameOf(name)
  const mine = here.data.scopes[field]
  const wish = scopeFor(mine, there.data.scopes[field])
  if (wish === undefined) return undefined
  const sourceMark = valueMark(mine ?? '')
  const refused = typeof wish === 'string' ? await setter.field(scopeKey(field), wish) : wish
  return itemOf(scopeKey(field), pass, refused === undefined ? { state: 'moved', sourceMark, destinationMark: sourceMark } : { state: 'refused', sourceMark, ...refused })
}

/** Of a field that was carried in an earlier pass: stays as it was noted then. */
function keepScope({ journal, pass }: ProfileRun, name: ValueName): void {
  const item = journal.get('profile', scopeKey(scopeNameOf(name)))
  if (item !== undefined) journal.put('profile', { ...item, pass })
}

/** Servers write some values their own way, and drop some without a word. */
async function noteWhatIsThere({ context, journal }: ProfileRun): Promise<void> {
  const written = [...journal.walk('profile', 'writing')]
  if (written.length === 0) return
  const there = await readProfile(context.destination)
  for (const item of written) {
    const name = item.key as ValueName
    journal.put('profile', settled(item, there.unread.has(name) ? undefined : (valueOf(there, name) ?? '')))
  }
}

/** Undefined: the server fails to show it. Pure. */
export function settled(item: Item, there: string | undefined): Item {
  if (there === undefined) return { ...item, state: 'refused', reason: 'the new host took it, but does not show it', next: 'run the move again' }
  if (there !== '' || item.sourceMark === valueMark('')) return { ...item, state: 'moved', destinationMark: valueMark(there) }
  return { ...item, state: 'refused', reason: 'the new host took it, but does not keep it', next: 'fill it in there, under Settings, Personal info' }
}

/** Never changed: servers write to the old and the new address, and some want a confirmation. */
function leaveMails({ here, there, journal, pass }: ProfileRun): void {
  const addresses = ({ data }: Profile) => ({ email: data.fields['email'] ?? '', others: data.otherMails })
  for (const address of mailsLeft(addresses(here), addresses(there))) {
    journal.put('profile', itemOf(`mail ${address}`, pass, { state: 'refused', sourceMark: '', reason: 'changing e-mail addresses makes servers send mails: the new account keeps its own', next: 'set it yourself, under Settings, Personal info, where you want to be written to at this address' }))
  }
}
