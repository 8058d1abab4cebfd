import { exitCodes, type ChatonError } from '../../kit/errors.ts'
import { mask } from '../../kit/mask.ts'
import type { Command } from '../command.ts'
import { sandboxNote } from './sandbox-note.ts'

interface Writable {
  write(text: string): unknown
}

interface ResultView {
  readonly command: Command
  readonly result: unknown
  readonly json: boolean
  /** The spaces it speaks of are sandboxes. */
  readonly sandbox: boolean
  readonly stdout: Writable
}

/** Fields of a result that are a sign-in. */
const signInFields: readonly string[] = ['password', 'link']

/** The result with every secret masked; a result that reveals a sign-in to people does so in these fields, and there alone. */
function maskedJson(result: object, reveals: boolean): string {
  return JSON.stringify(result, (key, value: unknown) => (typeof value === 'string' && !(reveals && signInFields.includes(key)) ? mask(value) : value))
}

/** A result as one JSON document, or as lines for people. Only `reveal` lines may show a sign-in. A sandbox is called one in both. */
export function presentResult({ command, result, json, sandbox, stdout }: ResultView): void {
  const { lines, reveal = [] } = command.text(result)
  if (json) {
    stdout.write(`${maskedJson({ ...(result as object), ...(sandbox ? { sandbox } : {}) }, reveal.length > 0)}\n`)
    return
  }
  const said = sandbox && lines[0] !== sandboxNote ? [sandboxNote] : []
  for (const line of [...said, ...lines]) stdout.write(`${mask(line)}\n`)
  for (const line of reveal) stdout.write(`${line}\n`)
}

/** What happened, who can act, what to do now. With `--json`: one document on standard output as well. */
export function presentError(error: ChatonError, view: { json: boolean; stderr: Writable; stdout: Writable }): void {
  const message = mask(error.message)
  const next = error.next.map((line) => mask(line))
  if (view.json) {
    const { code, actor, retryable } = error
    const data = JSON.parse(mask(JSON.stringify(error.data))) as unknown
    view.stdout.write(`${JSON.stringify({ error: { code, exitCode: exitCodes[code].exit, actor, retryable, message, next, data } })}\n`)
    return
  }
  view.stderr.write(`✗ ${message}\n`)
  for (const line of next) view.stderr.write(`  → ${line}\n`)
  if (error.code !== 'bug') return
  view.stderr.write('  → this is a fault of chaton: please report it with the lines above\n')
  if (error.cause instanceof Error && error.cause.stack !== undefined) view.stderr.write(`${mask(error.cause.stack)}\n`)
}
