import { z } from 'zod'
import type { BookEntry, RemoteAddressBooks } from '../../../nextcloud/carddav/contract.ts'
import { splitCards, type SplitObject } from '../icalendar.ts'
import { entryNames } from '../layout.ts'
import { OurAddressBooks, type OurAddressBook } from '../supplements.ts'
import { damagedEntry } from '../zip/damage.ts'
import type { Archive } from './archive.ts'
import { collectionOf, lastOf, missing, named, never, once, uriOf } from './objects.ts'
import { Soundness, type WithUnread } from './soundness.ts'

const Description = z.looseObject({ displayName: z.string().nullish(), description: z.string().nullish() })

interface Found {
  readonly uri: string
  readonly file: string | undefined
  readonly ours: OurAddressBook | undefined
}

/** Address books of an archive as those of an account that is only read. */
export function archiveAddressBooks(archive: Archive): RemoteAddressBooks & WithUnread {
  const soundness = new Soundness()
  const known = once(async () => await foundIn(archive, soundness))
  const split = lastOf(async (file: string) => await splitFile(archive, file))
  const isSound = async (file: string, title: string): Promise<boolean> => (await soundness.read(file, title, async () => await split(file))) !== undefined
  const listed = once(async () => {
    const entries: BookEntry[] = []
    for (const found of (await known()).values()) {
      const entry = await entryOf(archive, soundness, found)
      if (found.file === undefined || (await isSound(found.file, titleOf(entry)))) entries.push(entry)
    }
    return entries
  })
  return {
    list: async () => [...(await listed())],
    async unread() {
      await listed()
      return soundness.damaged
    },
    collection: (uri) =>
      collectionOf(async () => {
        const found = (await known()).get(uri)
        return found?.file === undefined ? new Map() : named(await split(found.file), 'vcf', found.ours?.names ?? new Map())
      }),
    create: never,
    setBook: never,
    remove: never,
  }
}

async function splitFile({ text }: Archive, file: string): Promise<SplitObject[]> {
  const cards = splitCards((await text(file)) ?? missing(file))
  if (cards === undefined) throw damagedEntry(file, 'it is not written as an address book is')
  return cards
}

const titleOf = (entry: BookEntry): string => (entry.is === 'book' ? entry.properties.displayName : entry.displayName)

async function foundIn(archive: Archive, soundness: Soundness): Promise<ReadonlyMap<string, Found>> {
  const found = new Map<string, Found>()
  for (const one of (await soundness.json(archive, entryNames.ourAddressBooks, OurAddressBooks)) ?? []) found.set(one.uri, { uri: one.uri, file: one.file, ours: one })
  const told = new Set([...found.values()].map(({ file }) => file))
  for (const file of archive.zip.entries.keys()) {
    const uri = told.has(file) ? undefined : uriOf(file, entryNames.addressBooks, ['.vcf'])
    if (uri !== undefined) found.set(uri, { uri, file, ours: undefined })
  }
  return found
}

async function entryOf(archive: Archive, soundness: Soundness, { uri, file, ours }: Found): Promise<BookEntry> {
  const told = file === undefined ? undefined : await soundness.json(archive, file.replace(/\.vcf$/, '.json'), Description)
  const displayName = ours?.properties.displayName ?? told?.displayName ?? uri
  // Apps export what they make themselves, too: people met lately.
  if (/^z-(?:server|app)-generated--/.test(uri)) return { is: 'generated', uri, displayName, owner: undefined }
  return { is: 'book', uri, ctag: archive.mark, properties: { displayName, description: ours === undefined ? (told?.description ?? undefined) : ours.properties.description, enabled: ours?.properties.enabled ?? true } }
}
