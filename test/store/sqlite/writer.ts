/**
 * A process that writes to a store: `node writer.ts <store file> <space> <times>` adds one to the number in the space's
 * title, so many times, each by reading, changing and writing. Prints `ready`, waits for a line on standard input, and
 * prints each number that it has written.
 */
import { once } from 'node:events'
import { systemClock } from '../../../src/kit/clock.ts'
import { updateWithRetry } from '../../../src/store/contract.ts'
import { openSqliteStore } from '../../../src/store/sqlite/index.ts'

const [path = '', name = '', times = '0'] = process.argv.slice(2)
const { store, journal } = openSqliteStore({ path, clock: systemClock })
process.stdout.write('ready\n')
await once(process.stdin, 'data')
process.stdin.pause()
for (let count = 0; count < Number(times); count++) {
  const written = await updateWithRetry(store, 'Space', name, (space) => ({
    ...space,
    spec: { ...space.spec, title: String(Number(space.spec.title) + 1) },
  }))
  await journal.record({ subject: name, run: String(process.pid), step: 'add', state: 'done', at: systemClock.now().toISOString() })
  process.stdout.write(`${written.spec.title}\n`)
}
await store[Symbol.asyncDispose]()
