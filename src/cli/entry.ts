import { readFileSync } from 'node:fs'
import { isatty } from 'node:tty'
import { exitCodes } from '../kit/errors.ts'
import { main } from './main.ts'

/** The only place that touches the real process: its environment, streams and exit code. */
export async function start(argv: readonly string[]): Promise<void> {
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
  process.exitCode = exitCode
}
