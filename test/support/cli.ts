import { spawn, type ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { resolve } from 'node:path'

export interface Ended {
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningCli {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

const bin = resolve(import.meta.dirname, '../../bin/chaton.js')

/** Starts the real `chaton` with nothing of our own environment but what is given. */
export function startCli(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = resolve(import.meta.dirname, '../..')): RunningCli {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', CHATON_CONFIG: '/dev/null', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const chunks = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (chunks.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (chunks.stderr += text))
  const ended = new Promise<Ended>((done, fail) => {
    child.once('error', fail)
    child.once('close', (exitCode, signal) => done({ exitCode, signal, ...chunks }))
  })
  return { child, ended }
}

/** Runs it to its end. */
export async function runCli(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd?: string): Promise<Ended> {
  return await startCli(args, env, cwd).ended
}

/** Where the ports of a test's spaces begin: another place each time, so that two runs on one machine do not meet. */
export function someFirstPort(): string {
  return String(20_000 + randomInt(120) * 100)
}
