import { PassThrough } from 'node:stream'
import { main } from '../../src/cli/main.ts'

export interface Answered {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

function collector(): { readonly stream: NodeJS.WriteStream; readonly text: () => string } {
  const chunks: Buffer[] = []
  const stream = new PassThrough().on('data', (chunk: Buffer) => chunks.push(chunk))
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => Buffer.concat(chunks).toString() }
}

/** One command line in this process: piped, with nothing of our own environment but what is given. */
export async function runMain(argv: readonly string[], environment: Readonly<Record<string, string>>, workingDirectory = '/'): Promise<Answered> {
  const [stdout, stderr] = [collector(), collector()]
  const exitCode = await main({
    argv,
    environment: { CHATON_CONFIG: '/dev/null', ...environment },
    stdout: stdout.stream,
    stderr: stderr.stream,
    stdin: process.stdin,
    onTerminal: false,
    workingDirectory,
    version: '0.0.0',
  })
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() }
}
