import type { RunningCli } from './cli.ts'

export interface AskedSignIn {
  readonly side: 'source' | 'destination'
  readonly login: string
}

/** Stands in for the person: calls `agree` for every sign-in that a run with `--json` asks for. Answers which sides those were. */
export function agreeTo({ child }: RunningCli, agree: (asked: AskedSignIn) => Promise<void>): { readonly sides: readonly string[] } {
  const sides: string[] = []
  let rest = ''
  child.stderr?.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines.filter((one) => one.startsWith('{'))) {
      const event = JSON.parse(line) as AskedSignIn & { readonly event: string }
      if (event.event !== 'sign-in') continue
      sides.push(event.side)
      // What goes wrong here shows in the run, which nobody then signs in to.
      agree(event).catch((error: unknown) => child.emit('error', error))
    }
  })
  return { sides }
}
