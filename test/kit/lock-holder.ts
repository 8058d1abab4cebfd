/** A process that holds a lock: `node lock-holder.ts <lock file>` prints `held` or the error, and holds it until it is killed. */
import { lockFile } from '../../src/kit/lock.ts'

const [path = ''] = process.argv.slice(2)
try {
  await lockFile(path, 'the space "jardin"')
  process.stdout.write('held\n')
  setInterval(() => {}, 1000)
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : 'thrown'}\n`)
}
