import { text } from 'node:stream/consumers'
import { systemClock as clock } from '../dist/kit/clock.js'
import { HttpClient } from '../dist/kit/http-stream.js'
import { calendars } from '../dist/move/calendars/index.js'
import { contacts } from '../dist/move/contacts/index.js'
import { files } from '../dist/move/files/index.js'
import { MoveJournal } from '../dist/move/journal.js'
import { Pace } from '../dist/move/pace.js'
import { openRemoteFiles } from '../dist/nextcloud/files/index.js'
import { readCapabilities } from '../dist/nextcloud/ocs.js'
import { openRemote } from '../dist/nextcloud/remote.js'

/**
 * One run of some kinds in a process of its own, as built and without the weight of reading TypeScript: its order as JSON on
 * standard input, the outcome on standard output; see move-lab.ts for both.
 */
const order = JSON.parse(await text(process.stdin))
const { signal } = new AbortController()
const http = new HttpClient()
const journal = new MoveJournal(order.journal)

async function side({ url, userId, password }) {
  const { version, capabilities } = await readCapabilities({ base: url, user: userId, password })
  const facts = { version: version.string, major: version.major, capabilities }
  const remote = openRemote({ base: url, user: userId, password, uid: userId, facts, http })
  return { remote, files: openRemoteFiles(remote), pace: new Pace({ clock, manner: order.manner ?? 'polite', signal }) }
}

const began = performance.now()
const [source, destination] = await Promise.all([side(order.source), side(order.destination)])
let moved = 0
const refused = []
const context = { source, destination, journal, clock, logger: undefined, signal, progress: () => undefined }
const kinds = (order.kinds ?? ['files']).map((name) => ({ files, calendars, contacts })[name])
for (const kind of kinds) {
  const tally = await kind.run(context)
  moved += tally.moved
  refused.push(...tally.refused)
}
const seconds = (performance.now() - began) / 1000
if (order.compare === true) for (const kind of kinds) refused.push(...(await kind.verify(context)).differing)
const checkSeconds = (performance.now() - began) / 1000 - seconds
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
console.log(JSON.stringify({ seconds, checkSeconds, memory: maxRSS / 1024, processor: (userCPUTime + systemCPUTime) / 1e6, moved, refused: refused.length }))
http[Symbol.dispose]()
journal[Symbol.dispose]()
