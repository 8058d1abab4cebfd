import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Invocation, Process } from '../../src/cli/invocation.ts'
import { terminalOf } from '../../src/cli/terminal.ts'
import { failureOf } from '../support/failures.ts'

function screen(parts: Partial<Invocation> = {}, tty = true) {
  const stdin = Object.assign(new PassThrough(), { isTTY: tty, setRawMode: () => stdin })
  const stderr = Object.assign(new PassThrough(), { isTTY: tty, columns: 80 })
  let shown = ''
  stderr.on('data', (chunk: Buffer) => (shown += chunk.toString()))
  const terminal = terminalOf({ input: true, json: false, ...parts } as Invocation, { stdin, stderr, onTerminal: tty } as unknown as Process)
  return { terminal, type: (text: string) => stdin.write(text), end: () => stdin.end(), shown: () => shown }
}

describe('a question', () => {
  test('shows what is typed', async () => {
    const { terminal, type, shown } = screen()
    const answer = terminal.ask('Address?', '--from <address>')
    type('cloud.example.org\r')

    expect(await answer).toBe('cloud.example.org')
    expect(stripVTControlCharacters(shown())).toContain('Address? cloud.example.org')
  })

  test('for a secret shows the question alone', async () => {
    const { terminal, type, shown } = screen()
    const answer = terminal.askSecret('App password?', '--from-password-file <path>')
    type('abc-def-ghi\r')

    expect(await answer).toBe('abc-def-ghi')
    expect(shown()).toBe('App password? \n')
  })

  test('two one after the other', async () => {
    const { terminal, type } = screen()
    const first = terminal.ask('1?', '')
    type('one\r')
    expect(await first).toBe('one')
    const second = terminal.askSecret('2?', '')
    type('two\r')
    expect(await second).toBe('two')
  })

  test.each([['Ctrl-C', '\u0003'], ['Ctrl-D', '\u0004']])('%s stops', async (_name, key) => {
    const { terminal, type } = screen()
    const answer = failureOf(terminal.ask('Address?', ''))
    type(key)

    expect((await answer).code).toBe('interrupted')
  })

  test.each<[string, Partial<Invocation>, boolean]>([['--no-input', { input: false }, true], ['--json', { json: true }, true], ['a pipe', {}, false]])('is refused with %s, naming what answers it', async (_name, parts, tty) => {
    const { terminal } = screen(parts, tty)

    for (const asked of [terminal.ask('Address?', '--from <address>'), terminal.askSecret('Address?', '--from <address>')]) {
      expect(await failureOf(asked)).toMatchObject({ code: 'refused', next: ['answer it with --from <address>'] })
    }
  })
})
