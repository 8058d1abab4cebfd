import { exitCodes, type ChatonError } from '../../kit/errors.ts'
import { mask } from '../../kit/mask.ts'
import type { Command } from '../command.ts'

interface Writable {
  write(text: string): unknown
}

/** A result as one JSON document, or as lines for people. Only `reveal` lines may show a sign-in. */
export function presentResult(view: { command: Command; result: unknown; json: boolean; stdout: Writable }): void {
  const { command, result, json, stdout } = view
  if (json) {
    stdout.write(`${JSON.stringify(result)}\n`)
    return
  }
  const { lines, reveal = [] } = command.text(result)
  for (const line of lines) stdout.write(`${mask(line)}\n`)
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
