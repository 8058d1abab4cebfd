import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { ChatonError } from '../kit/errors.ts'
import { mask } from '../kit/mask.ts'
import type { ProgressEvent } from '../spaces/progress.ts'
import type { Terminal } from './command.ts'
import type { Invocation, Process } from './invocation.ts'

/** What is said on the way, as a line of progress. */
const note = (title: string): ProgressEvent => ({ step: 'note', title, state: 'done' })

/** Asks on the terminal; refuses, naming the flag that answers, where nobody can be asked. */
export function terminalOf(invocation: Invocation, process_: Process): Terminal {
  const canAsk = invocation.input && !invocation.json && process_.onTerminal
  return {
    canAsk,
    say: (line) => process_.stderr.write(`${mask(invocation.json ? JSON.stringify(note(line)) : line)}\n`),
    ask: async (question, instead) => {
      if (!canAsk) throw new ChatonError('refused', `cannot ask "${question}" here`, { next: [`answer it with ${instead}`] })
      return await answered(process_, `${question} `, process_.stderr)
    },
    askSecret: async (question, instead) => {
      if (!canAsk) throw new ChatonError('refused', `cannot ask "${question}" here`, { next: [`answer it with ${instead}`] })
      const answer = await answered(process_, `${question} `, nowhere())
      process_.stderr.write('\n')
      return answer
    },
  }
}

/** One line from the person, without spaces around it; `echo` shows what is typed. Ctrl-C, and the end of the input, throw `interrupted`. */
async function answered({ stdin, stderr }: Process, question: string, echo: NodeJS.WritableStream): Promise<string> {
  const lines = createInterface({ input: stdin, output: echo, terminal: true })
  // The terminal itself shows nothing from here on: only now may somebody begin to type.
  if (echo !== stderr) stderr.write(question)
  const closed = new Promise<never>((_resolve, reject) => {
    lines.once('close', () => reject(new ChatonError('interrupted', 'stopped at a question; nothing was changed')))
  })
  try {
    return (await Promise.race([lines.question(question).catch(async () => await closed), closed])).trim()
  } catch (error) {
    // The line stays open.
    stderr.write('\n')
    throw error
  } finally {
    lines.close()
    closed.catch(() => {})
  }
}

/** Takes the place of the screen: readline puts the terminal into raw mode, so that nothing shows what is typed. */
const nowhere = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() })
