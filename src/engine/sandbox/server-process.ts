import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../../kit/clock.ts'
import { ChatonError } from '../../kit/errors.ts'
import { spawnDetached } from '../../kit/exec.ts'
import { readTextIfExists, writeFileAtomic } from '../../kit/files.ts'
import { request } from '../../kit/http.ts'
import type { SandboxPaths } from './paths.ts'
import { isAlive, pidOf, processMark } from './space/process-mark.ts'

const entry = fileURLToPath(new URL(`./server/main.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url))
const startWithinMs = 15_000

/** The server runs, that very process and not a later one with its number. */
export function isRunning(paths: SandboxPaths): boolean {
  const mark = readMark(paths)
  return mark !== undefined && isAlive(mark)
}

/** Reads at once, for the address of a space. */
export function readPort(paths: SandboxPaths): number | undefined {
  const port = Number(readNow(paths.port))
  return Number.isInteger(port) && port > 0 ? port : undefined
}

const readMark = (paths: SandboxPaths): string | undefined => readNow(paths.process)?.trim()

function readNow(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** The port of the space: the one asked for, else the one it had, else a free one. */
export async function choosePort(paths: SandboxPaths, asked: number | undefined): Promise<number> {
  const port = asked ?? readPort(paths) ?? (await freePort())
  if (readPort(paths) !== port) await writeFileAtomic(paths.port, `${port}\n`)
  return port
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}

/** Running and answering at this port. Repeatable; answers whether it had to be started. */
export async function ensureServer(paths: SandboxPaths, port: number, clock: Clock): Promise<boolean> {
  if (isRunning(paths) && (await answers(port))) return false
  await stopServer(paths, clock)
  const pid = await spawnDetached(process.execPath, [entry, paths.root, String(port)], { logFile: paths.log })
  const mark = processMark(pid)
  if (mark !== undefined) await writeFileAtomic(paths.process, mark)
  const deadline = clock.now().getTime() + startWithinMs
  for (let alive = mark !== undefined; alive && clock.now().getTime() < deadline; alive = isRunning(paths)) {
    if (await answers(port)) return true
    await clock.sleep(15)
  }
  const said = (await readTextIfExists(paths.log))?.trim().split('\n').slice(-5).join('\n') ?? ''
  await stopServer(paths, clock)
  const busy = said.includes('EADDRINUSE')
  throw new ChatonError('machine-not-ready', busy ? `port ${port} is in use by another program` : `the server of the sandbox did not start:\n${said}`, {
    next: busy ? [`find the program with: ss -ltnp 'sport = :${port}'`, 'stop it and run the same command again; a new space gets a port that nobody uses'] : [`read ${paths.log}`],
  })
}

/** Any answer is one: a suspended space says 503. */
async function answers(port: number): Promise<boolean> {
  try {
    const response = await request(`http://127.0.0.1:${port}/status.php`, { timeoutMs: 2000 })
    return response.headers.get('x-chaton-sandbox') === 'true'
  } catch {
    return false
  }
}

/** Gone for certain when this resolves. Repeatable. */
export async function stopServer(paths: SandboxPaths, clock: Clock): Promise<void> {
  const mark = readMark(paths)
  if (mark !== undefined && mark !== '') {
    for (let tries = 0; isAlive(mark); tries += 1) {
      if (tries === 0 || tries === 100) signal(mark, tries === 0 ? 'SIGTERM' : 'SIGKILL')
      await clock.sleep(20)
    }
  }
  await rm(paths.process, { force: true })
}

function signal(mark: string, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pidOf(mark), name)
  } catch {
    // It has ended between the look and the signal.
  }
}
