import { spawn, spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

/** `script` of util-linux gives a program a terminal. */
export const hasPty = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false

export interface OnTerminal {
  /** All that the screen has shown, without colours and movements of the cursor. */
  shown(): string
  /** Resolves with the match once the screen has shown it, after what was waited for before. */
  see(words: RegExp): Promise<RegExpExecArray>
  type(line: string): void
  readonly ended: Promise<number | null>
}

/** Starts the real `chaton` on a terminal of 120 columns and 50 lines. */
export function startOnTerminal(args: readonly string[], env: Readonly<Record<string, string>>): OnTerminal {
  const bin = resolve(import.meta.dirname, '../../bin/chaton.js')
  const command = `stty cols 120 rows 50; exec ${[process.execPath, bin, ...args].map((word) => `'${word}'`).join(' ')}`
  const child = spawn('script', ['-qfec', command, '/dev/null'], { env: { PATH: process.env['PATH'], HOME: '/nonexistent', TERM: 'xterm', CHATON_CONFIG: '/dev/null', ...env }, stdio: ['pipe', 'pipe', 'inherit'] })
  let screen = ''
  let seen = 0
  let look = (): void => {}
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text
    look()
  })
  const shown = (): string => stripVTControlCharacters(screen)
  return {
    shown,
    see: async (words) =>
      await new Promise((done, fail) => {
        const timer = setTimeout(() => fail(new Error(`not shown: ${String(words)}\n${shown().slice(seen)}`)), 15_000)
        look = () => {
          const found = words.exec(shown().slice(seen))
          if (found === null) return
          clearTimeout(timer)
          seen += found.index + found[0].length
          look = () => {}
          done(found)
        }
        look()
      }),
    type: (line) => void child.stdin.write(`${line}\r`),
    ended: new Promise((done) => child.once('close', (code) => done(code))),
  }
}
