import { z } from 'zod'
import type { RemoteFacts } from '../remote.ts'
import type { FileAbilities } from './contract.ts'
import { nameRules } from './names.ts'
import { mannersOf } from './quirks.ts'

const Capabilities = z.looseObject({
  dav: z.looseObject({ bulkupload: z.string().optional().catch(undefined) }).catch({}).default({}),
  files: z.looseObject({ chunked_upload: z.looseObject({ max_size: z.number().positive() }).optional().catch(undefined) }).catch({}).default({}),
})

/** S3 takes no smaller part but the last (MinPartSize), and no name above 10,000 (ChunkingV2Plugin). */
const leastChunk = 5 * 2 ** 20

export function abilitiesOf({ major, capabilities }: RemoteFacts): FileAbilities {
  const { dav, files } = Capabilities.parse(capabilities)
  const manners = mannersOf(major)
  return {
    zip: manners.zip,
    bulk: manners.bulk && dav.bulkupload !== undefined,
    serverHash: manners.serverHash,
    chunk: { least: leastChunk, most: Math.max(leastChunk, files.chunked_upload?.max_size ?? manners.chunkMost) },
    refusesName: nameRules(capabilities['files']),
    bulkTakes,
  }
}

/** A path stands raw in a header line, and the server trims it: what has a line break, or begins or ends with a blank, would get another name. */
function bulkTakes(path: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return !/[\u0000-\u001f\u007f]/.test(path) && path === path.replace(/^[ \t]+|[ \t]+$/g, '')
}
