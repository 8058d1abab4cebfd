import { readFileSync } from 'node:fs'
import { isatty } from 'node:tty'
import { exitCodes, hasSystemCode } from '../kit/errors.ts'
import { main } from './main.ts'

/** The only place that touches the real process: its environment, streams and exit code. */
export async function start(argv: readonly string[]): Promise<void> {
  process.stdout.on('error', survive)
  process.stderr.on('error', () => {})
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  const exitCode = await main({
    argv,
    environment: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    onTerminal: isatty(0) && isatty(2),
    workingDirectory: process.cwd(),
    version,
  })
  // An interrupted command may still have work under way: end it, every step can be run again.
  if (exitCode === exitCodes.interrupted.exit) process.exit(exitCode)
  process.exitCode ??= exitCode
}

/** A reader that went away (`chaton space list | head -1`) is no failure; what was asked for is done. A full disk is one. */
function survive(error: Error): void {
  if (hasSystemCode(error, 'EPIPE')) return
  process.exitCode = exitCodes['no-room'].exit
  process.stderr.write(`✗ the output could not be written: ${error.message}\n`)
}
