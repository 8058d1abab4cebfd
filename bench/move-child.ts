import { createInterface } from 'node:readline'
import type * as Clocks from '../src/kit/clock.ts'
import type * as Http from '../src/kit/http-stream.ts'
import type * as Files from '../src/move/files/index.ts'
import type * as Journal from '../src/move/journal.ts'
import type * as Paces from '../src/move/pace.ts'
import type * as RemoteFiles from '../src/nextcloud/files/index.ts'
import type * as Ocs from '../src/nextcloud/ocs.ts'
import type * as Remotes from '../src/nextcloud/remote.ts'
import type { MoveContext, Side } from '../src/move/contract.ts'

/** One run of the kind `files` in a process of its own, as built: `node bench/move-child.ts` with its order as JSON on standard input; the outcome on standard output. */

export interface Account {
  readonly url: string
  readonly userId: string
  readonly password: string
}

export interface Order {
  readonly source: Account
  readonly destination: Account
  readonly journal: string
}

export interface Outcome {
  readonly seconds: number
  /** Largest resident memory of the process, MiB. */
  readonly memory: number
  readonly moved: number
  readonly refused: number
}

const built = async <Module>(path: string): Promise<Module> => (await import(new URL(`../dist/${path}.js`, import.meta.url).href)) as Module

async function run({ source, destination, journal: path }: Order): Promise<Outcome> {
  const began = performance.now()
  const { files } = await built<typeof Files>('move/files/index')
  const { MoveJournal } = await built<typeof Journal>('move/journal')
  const { Pace } = await built<typeof Paces>('move/pace')
  const { HttpClient } = await built<typeof Http>('kit/http-stream')
  const { systemClock: clock } = await built<typeof Clocks>('kit/clock')
  const { readCapabilities } = await built<typeof Ocs>('nextcloud/ocs')
  const { openRemote } = await built<typeof Remotes>('nextcloud/remote')
  const { openRemoteFiles } = await built<typeof RemoteFiles>('nextcloud/files/index')
  const { signal } = new AbortController()
  using http = new HttpClient()
  const side = async ({ url, userId, password }: Account): Promise<Side> => {
    const { version, capabilities } = await readCapabilities({ base: url, user: userId, password })
    const remote = openRemote({ base: url, user: userId, password, uid: userId, facts: { version: version.string, major: version.major, capabilities }, http })
    return { remote, files: openRemoteFiles(remote), pace: new Pace({ clock, manner: 'polite', signal }) }
  }
  using journal = new MoveJournal(path)
  const context: MoveContext = {
    source: await side(source),
    destination: await side(destination),
    journal,
    clock,
    logger: { debug: () => undefined } as unknown as MoveContext['logger'],
    signal,
    progress: () => undefined,
  }
  const { moved, refused } = await files.run(context)
  return { seconds: (performance.now() - began) / 1000, memory: process.resourceUsage().maxRSS / 1024, moved, refused: refused.length }
}

for await (const line of createInterface(process.stdin)) {
  console.log(JSON.stringify(await run(JSON.parse(line) as Order)))
  break
}
