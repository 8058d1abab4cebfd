import { asChatonError } from '../../kit/errors.ts'
import { knowsLivePhotos, listLivePhotos, setOtherHalf, type LivePhoto } from '../../nextcloud/files/live-photos.ts'
import { carriedFile, fileIdAt, fileNotCarried, type Carried } from '../carried.ts'
import type { KindVerdict, MoveContext, Side } from '../contract.ts'
import { reasonOf, stops } from '../files/trouble.ts'
import type { Item, ItemState } from '../journal.ts'

/** Beside the tags: no tag has an empty name. */
const keyOf = ({ filmId }: LivePhoto): string => `/${filmId}`
const mark = 'live photo'

export async function livePhotosOf({ remote, pace, instead }: Side): Promise<LivePhoto[]> {
  if (instead !== undefined) return []
  return await pace.run(async () => {
    const found: LivePhoto[] = []
    for await (const photo of listLivePhotos(remote)) found.push(photo)
    return found
  })
}

/** Pictures and films that belong together do so at the destination too. */
export async function linkLivePhotos(context: MoveContext, pass: number): Promise<void> {
  const { source, destination, journal, signal } = context
  const here = await livePhotosOf(source)
  if (here.length === 0) return
  const there = new Map((await livePhotosOf(destination)).map(({ filmId, pictureId }) => [filmId, pictureId]))
  for (const photo of here) {
    signal.throwIfAborted()
    const outcome = await linked(context, photo, there)
    const known = journal.get('tags', keyOf(photo))
    const item = itemOf(photo, outcome, pass)
    journal.put('tags', item.state === 'there' && known?.state === 'moved' ? { ...item, state: 'moved' } : item)
  }
}

interface Outcome {
  readonly state: ItemState
  readonly reason?: string
  readonly next?: string
}

async function linked(context: MoveContext, photo: LivePhoto, there: ReadonlyMap<string, string>): Promise<Outcome> {
  const { destination, journal } = context
  const [film, picture] = [carriedFile(journal, photo.filmId), carriedFile(journal, photo.pictureId)]
  if (film === undefined || picture === undefined) return { state: 'refused', ...fileNotCarried }
  if (!knowsLivePhotos(destination.remote)) return { state: 'refused', reason: 'the new host knows no live photos: it has the picture and the film side by side' }
  const [filmId, pictureId] = [await idOf(destination, film), await idOf(destination, picture)]
  if (filmId === undefined || pictureId === undefined) return { state: 'refused', reason: `"${film.destinationKey}" is not at the destination`, next: 'run the move again' }
  if (there.get(filmId) === pictureId) return { state: 'there' }
  if (there.has(filmId)) return { state: 'refused', reason: 'the new host shows this film with another picture already, which stays' }
  try {
    // The film last: it is by this that the pair is found.
    await destination.pace.run(async () => await setOtherHalf(destination.remote, picture.destinationKey, filmId))
    await destination.pace.run(async () => await setOtherHalf(destination.remote, film.destinationKey, pictureId))
    return { state: 'moved' }
  } catch (error) {
    const known = asChatonError(error)
    if (stops(known)) throw error
    return { state: 'refused', ...reasonOf(known) }
  }
}

const idOf = async (side: Side, { destinationKey, destinationId }: Carried): Promise<string | undefined> => await fileIdAt(side, destinationKey, destinationId)

const itemOf = (photo: LivePhoto, { state, reason, next }: Outcome, pass: number): Item => ({
  key: keyOf(photo),
  state,
  sourceId: photo.filmId,
  sourceMark: photo.pictureId,
  destinationKey: undefined,
  destinationId: undefined,
  destinationMark: undefined,
  bytes: 0,
  extra: { tag: mark, path: photo.path },
  reason,
  next,
  pass,
})

/** Asks both sides again. */
export async function compareLivePhotos({ source, destination, journal }: MoveContext): Promise<KindVerdict> {
  const here = await livePhotosOf(source)
  if (here.length === 0) return { checked: 0, differing: [] }
  const there = new Map((await livePhotosOf(destination)).map(({ path, pictureId }) => [path, pictureId]))
  const differing = []
  for (const photo of here) {
    if (journal.get('tags', keyOf(photo))?.state === 'refused') continue
    const [film, picture] = [carriedFile(journal, photo.filmId), carriedFile(journal, photo.pictureId)]
    const pictureId = picture === undefined ? undefined : await idOf(destination, picture)
    if (film === undefined || pictureId === undefined || there.get(film.destinationKey) !== pictureId) {
      differing.push({ what: `${photo.path} (${mark})`, reason: 'picture and film are one at the source and two at the destination', next: 'run the move again' })
    }
  }
  return { checked: here.length, differing }
}
