import { systemClock, type Clock } from '../kit/clock.ts'
import { asChatonError, ChatonError } from '../kit/errors.ts'
import { randomName, randomWord } from '../kit/random.ts'
import type { Connection, Server } from './connection.ts'
import { deleteFile, getFile, putNewFile } from './dav.ts'
import { readOwnUser } from './ocs.ts'
import { readStatus } from './status.ts'

/** One check. Same shape as HealthCheck of the engine contract. */
export interface HealthCheck {
  readonly name: HealthCheckName
  readonly ok: boolean
  readonly milliseconds: number
  readonly message?: string
}
export type HealthCheckName = 'status.php' | 'sign-in' | 'dav-write' | 'dav-read' | 'clean-up'

export interface HealthOptions extends Omit<Server, 'base'> {
  /** How long a server that does not answer at all is waited for. Default: not at all. */
  readonly patienceMs?: number
  readonly clock?: Clock
  /** Milliseconds, for measuring. */
  readonly now?: () => number
}

/**
 * `status.php`, sign-in, a small random file written, read back and removed (not even left in the trash). Stops at the
 * first check that fails, but always cleans up after a write. Never throws: what went wrong is in `message`.
 */
export async function checkHealth(
  base: string,
  credentials: { readonly userId: string; readonly password: string },
  options: HealthOptions = {},
): Promise<HealthCheck[]> {
  const { now = () => performance.now(), patienceMs = 0, clock = systemClock, ...server } = options
  const connection: Connection = { base, ...server, user: credentials.userId, password: credentials.password }
  const checks: HealthCheck[] = []
  const check = async (name: HealthCheckName, act: () => Promise<void>): Promise<boolean> => {
    const start = now()
    const message = await act().then(() => undefined, (error: unknown) => asChatonError(error).message)
    const milliseconds = Math.round(now() - start)
    checks.push({ name, ok: message === undefined, milliseconds, ...(message === undefined ? {} : { message }) })
    return message === undefined
  }
  const file = { userId: credentials.userId, path: `chaton-check-${randomName(16)}.txt`, text: randomWord(200) }

  if (!(await check('status.php', () => patiently(() => expectReady(connection), { patienceMs, clock })))) return checks
  const signedIn = await check('sign-in', async () => {
    file.userId = (await readOwnUser(connection)).id
  })
  if (!signedIn) return checks
  if (await check('dav-write', () => putNewFile(connection, file))) {
    await check('dav-read', () => expectSame(connection, file))
  }
  await check('clean-up', () => deleteFile(connection, file.userId, file.path))
  return checks
}

const pauseMs = 500

/** Again and again while there is no answer: a web server may still wait for its certificate. */
async function patiently(act: () => Promise<void>, { patienceMs, clock }: { patienceMs: number; clock: Clock }): Promise<void> {
  const deadline = clock.now().getTime() + patienceMs
  for (;;) {
    try {
      return await act()
    } catch (error) {
      if (!asChatonError(error).retryable || clock.now().getTime() >= deadline) throw error
      await clock.sleep(pauseMs)
    }
  }
}

async function expectReady(server: Server): Promise<void> {
  const status = await readStatus(server)
  if (!status.installed) throw new ChatonError('unhealthy', 'the Nextcloud is not installed')
  if (status.maintenance) throw new ChatonError('unhealthy', 'the Nextcloud is in maintenance mode')
  if (status.needsDbUpgrade) throw new ChatonError('unhealthy', 'the Nextcloud waits for `occ upgrade`')
}

async function expectSame(connection: Connection, file: { userId: string; path: string; text: string }): Promise<void> {
  const text = await getFile(connection, file.userId, file.path)
  if (text !== file.text) throw new ChatonError('unhealthy', `the file read back differs from the one written (${text.length} of ${file.text.length} characters)`)
}
