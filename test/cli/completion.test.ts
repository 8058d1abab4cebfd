import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { completionScript } from '../../src/cli/completion-scripts.ts'
import { table } from '../../src/cli/table.ts'

function complete(words: readonly string[]): string[] {
  const script = `${completionScript('bash', table)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _chaton; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, status } = spawnSync('bash', ['-c', script], { encoding: 'utf8', cwd: '/' })
  expect(status).toBe(0)
  return stdout.trim().split('\n')
}

describe('completion in bash', () => {
  test('offers every first word', () => {
    expect(complete(['chaton', ''])).toEqual(expect.arrayContaining(['provision', 'space', 'account', 'serve', 'doctor']))
  })

  test('offers the verbs of a noun', () => {
    expect(complete(['chaton', 'space', 're'])).toEqual(['resume', 'restore'])
  })

  test('offers verbs and flags of a noun that is a command as well', () => {
    expect(complete(['chaton', 'move', ''])).toEqual(expect.arrayContaining(['run', 'status', '--from', '--dry-run']))
    expect(complete(['chaton', 'move', 'report', '--'])).toEqual(expect.arrayContaining(['--check', '--json']))
    expect(complete(['chaton', 'move', 'report', '--'])).not.toContain('--from')
  })

  test('offers the flags of a command', () => {
    expect(complete(['chaton', 'space', 'delete', '--'])).toEqual(expect.arrayContaining(['--confirm', '--no-backup', '--dry-run', '--json']))
  })
})

test.each(['zsh', 'fish'] as const)('%s script names every command', (shell) => {
  const script = completionScript(shell, table)

  for (const word of ['provision', 'restore', 'invite', 'setup']) expect(script).toContain(word)
})
