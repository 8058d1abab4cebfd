import { connect, type NetConnectOpts } from 'node:net'
import { ChatonError } from '../../../kit/errors.ts'

/** unix(7): `sun_path` has 108 bytes, the last of them zero. */
const maxSocketPath = 107

function addressOf(socket: string): NetConnectOpts {
  if (socket.startsWith('/')) return { path: socket }
  const colon = socket.lastIndexOf(':')
  return { host: socket.slice(0, colon), port: Number(socket.slice(colon + 1)) }
}

/** True if somebody accepts connections there: an absolute path (Unix socket) or `host:port`. */
export async function answers(socket: string, timeoutMs = 1000): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ ...addressOf(socket), timeout: timeoutMs })
    const end = (answer: boolean): void => {
      probe.destroy()
      resolve(answer)
    }
    probe.once('connect', () => end(true))
    probe.once('error', () => end(false))
    probe.once('timeout', () => end(false))
  })
}

/** Throws `machine-not-ready` for a path that the kernel could not bind. */
export function assertSocketLength(socket: string): void {
  const length = Buffer.byteLength(socket)
  if (!socket.startsWith('/') || length <= maxSocketPath) return
  throw new ChatonError('machine-not-ready', `the socket path ${socket} has ${length} bytes; the kernel takes at most ${maxSocketPath}`, {
    next: ['choose a shorter stateDirectory in chaton.yaml'],
  })
}
