import type { Readable } from 'node:stream'
import { passed } from '../../kit/memory.ts'
import { asChatonError, type ChatonError } from '../../kit/errors.ts'
import type { Side } from '../contract.ts'
import { sortOf } from '../latency.ts'
import { commonFolder, parentOf } from './names.ts'
import { isSilence, stops } from './trouble.ts'
import { inParallel } from '../workers.ts'

export interface Wanted {
  readonly path: string
  readonly size: number
  readonly etag?: string
}

/** Fewer are as quickly read one by one, and then with their etags. */
const leastForZip = 2
/** A folder of which so many are wanted, and nothing is not, is asked for as a whole: measured at 60 % of the time of a list of names. */
const leastForWhole = 10

export interface PackOptions {
  /** False where the server's archives turned out not to work. */
  readonly zip: boolean
  /** Whether a folder holds nothing but so many entries, as far as is known. */
  readonly holdsOnly?: (folder: string, entries: number) => boolean
  /** Where a content is to lie. Default: memory of its own. */
  readonly memory?: Memory
}

type Memory = (bytes: number) => Buffer
const ownMemory: Memory = (bytes) => Buffer.allocUnsafeSlow(bytes)

/**
 * Contents of small files of one side, by path: as one zip where the server makes them, the rest by requests of their own. What is
 * missing, changed or unreadable is left out. Throws only what no other request would mend.
 */
export async function readPack(side: Side, wanted: readonly Wanted[], options: PackOptions): Promise<{ readonly contents: ReadonlyMap<string, Buffer>; readonly zipFailed?: unknown }> {
  const contents = new Map<string, Buffer>()
  let zipFailed: unknown
  if (options.zip && side.files.abilities.zip && wanted.length >= leastForZip) {
    zipFailed = await readZips(side, { wanted, options }, contents).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (zipFailed !== undefined && stopsAll(asChatonError(zipFailed))) throw zipFailed
  }
  const rest = wanted.filter(({ path }) => !contents.has(path))
  await inParallel(rest, side.pace.most, async (one) => {
    const content = await readOne(side, one, options.memory)
    if (content !== undefined) contents.set(one.path, content)
  })
  return { contents, ...(zipFailed === undefined ? {} : { zipFailed }) }
}

/** An archive that breaks off each time says nothing of smaller answers; a server that is gone is noticed with the next file. */
const stopsAll = (error: ChatonError): boolean => stops(error) && !isSilence(error)

async function readZips(side: Side, { wanted, options }: { readonly wanted: readonly Wanted[]; readonly options: PackOptions }, contents: Map<string, Buffer>): Promise<void> {
  const { memory } = options
  const rest: Wanted[] = []
  for (const [folder, group] of Map.groupBy(wanted, ({ path }) => parentOf(path))) {
    const whole = folder !== '' && group.length >= leastForWhole && options.holdsOnly?.(folder, group.length) === true
    if (whole) await readZip(side, { folder, wanted: group, whole, memory }, contents)
    else rest.push(...group)
  }
  if (rest.length > 0) await readZip(side, { folder: commonFolder(rest.map(({ path }) => path)), wanted: rest, whole: false, memory }, contents)
}

interface Archive {
  readonly folder: string
  readonly wanted: readonly Wanted[]
  readonly whole: boolean
  readonly memory: Memory | undefined
}

async function readZip({ files, pace }: Side, { folder, wanted, whole, memory }: Archive, contents: Map<string, Buffer>): Promise<void> {
  await pace.run(async () => {
    const missing = wanted.filter(({ path }) => !contents.has(path))
    if (missing.length === 0) return
    const sizes = new Map(missing.map(({ path, size }) => [path, size]))
    for await (const { path, bytes } of files.readMany(folder, sizes, { whole, ...(memory === undefined ? {} : { memory }) })) contents.set(path, bytes)
  }, sortOf('zip', wanted.length, wanted.reduce((sum, { size }) => sum + size, 0)))
}

/** The stream fails where it brings more or less than it said. */
async function readInto(target: Buffer, stream: Readable): Promise<Buffer> {
  let at = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    at += chunk.copy(target, at)
    passed(chunk.length)
  }
  return target
}

async function readOne({ files, pace }: Side, { path, size, etag }: Wanted, memory: Memory = ownMemory): Promise<Buffer | undefined> {
  try {
    return await pace.run(async () => {
      const content = await files.read(path, etag === undefined ? {} : { etag })
      if (content.size === size) return await readInto(memory(size), content.stream)
      content.stream.destroy()
      return undefined
    })
  } catch (error) {
    if (stops(asChatonError(error))) throw error
    return undefined
  }
}
