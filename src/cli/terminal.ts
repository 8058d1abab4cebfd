import { createInterface } from 'node:readline/promises'
import { ChatonError } from '../kit/errors.ts'
import { mask } from '../kit/mask.ts'
import type { Terminal } from './command.ts'
import type { Invocation, Process } from './invocation.ts'

/** Asks on the terminal; refuses, naming the flag that answers, where nobody can be asked. */
export function terminalOf(invocation: Invocation, process_: Process): Terminal {
  const canAsk = invocation.input && !invocation.json && process_.onTerminal
  return {
    canAsk,
    say: (line) => process_.stderr.write(`${mask(line)}\n`),
    ask: async (question, instead) => {
      if (!canAsk) throw new ChatonError('refused', `cannot ask "${question}" here`, { next: [`answer it with ${instead}`] })
      const lines = createInterface({ input: process_.stdin, output: process_.stderr })
      try {
        return (await lines.question(`${question} `)).trim()
      } catch (error) {
        // Ctrl-C or Ctrl-D at the question; the line stays open.
        if (!(error instanceof Error && error.name === 'AbortError')) throw error
        process_.stderr.write('\n')
        throw new ChatonError('interrupted', 'stopped at a question; nothing was changed', { cause: error })
      } finally {
        lines.close()
      }
    },
  }
}
