import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

/** Starts a program of this folder and waits for the first thing that it says; disposing ends it. */
export async function startBeside(program: string, ...args: readonly (string | number)[]): Promise<Disposable> {
  const child = spawn(process.execPath, [resolve(import.meta.dirname, program), ...args.map(String)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${program} ended with ${String(code)} before it was ready`)
  })
  await Promise.race([once(child.stdout, 'data'), ended])
  ended.catch(() => undefined)
  return { [Symbol.dispose]: () => void child.kill() }
}
