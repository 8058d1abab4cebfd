import { buffer } from 'node:stream/consumers'
import { asChatonError } from '../../kit/errors.ts'
import type { Side } from '../contract.ts'
import { commonFolder } from './names.ts'
import { stops } from './trouble.ts'
import { inParallel } from './workers.ts'

export interface Wanted {
  readonly path: string
  readonly size: number
  readonly etag?: string
}

/** Fewer are as quickly read one by one, and then with their etags. */
const leastForZip = 3

/**
 * Contents of small files of one side, by path: as one zip where the server makes them, the rest by requests of their own. What is
 * missing, changed or unreadable is left out. Throws only what no other request would mend.
 */
export async function readPack(side: Side, wanted: readonly Wanted[], zip: boolean): Promise<{ readonly contents: ReadonlyMap<string, Buffer>; readonly zipFailed?: unknown }> {
  const contents = new Map<string, Buffer>()
  let zipFailed: unknown
  if (zip && side.files.abilities.zip && wanted.length >= leastForZip) {
    zipFailed = await readZip(side, wanted, contents).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (zipFailed !== undefined && stops(asChatonError(zipFailed))) throw zipFailed
  }
  const rest = wanted.filter(({ path }) => !contents.has(path))
  await inParallel(rest, side.pace.most, async (one) => {
    const content = await readOne(side, one)
    if (content !== undefined) contents.set(one.path, content)
  })
  return { contents, ...(zipFailed === undefined ? {} : { zipFailed }) }
}

async function readZip({ files, pace }: Side, wanted: readonly Wanted[], contents: Map<string, Buffer>): Promise<void> {
  await pace.run(async () => {
    const missing = wanted.filter(({ path }) => !contents.has(path))
    if (missing.length === 0) return
    const sizes = new Map(missing.map(({ path, size }) => [path, size]))
    for await (const { path, bytes } of files.readMany(commonFolder([...sizes.keys()]), sizes)) contents.set(path, bytes)
  })
}

async function readOne({ files, pace }: Side, { path, size, etag }: Wanted): Promise<Buffer | undefined> {
  try {
    return await pace.run(async () => {
      const content = await files.read(path, etag === undefined ? {} : { etag })
      if (content.size === size) return await buffer(content.stream)
      content.stream.destroy()
      return undefined
    })
  } catch (error) {
    if (stops(asChatonError(error))) throw error
    return undefined
  }
}
