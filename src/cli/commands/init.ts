import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { stringify } from 'yaml'
import { z } from 'zod'
import { loadConfig } from '../../config/load.ts'
import { ChatonError } from '../../kit/errors.ts'
import { readTextIfExists, writeFileAtomic } from '../../kit/files.ts'
import { registerSecret } from '../../kit/mask.ts'
import { defineCommand, textFlag, type CommandInput } from '../command.ts'

export const command = defineCommand({
  result: z.object({
    file: z.string(),
    text: z.string(),
    action: z.enum(['written', 'kept', 'would-write']),
    mailPassword: z.enum(['stored', 'none']),
  }),
  run: async (input) => {
    const file = resolve(textFlag(input, 'file') ?? 'chaton.yaml')
    const text = settingsText(input)
    loadConfig({ file: { path: file, text }, flags: {}, surroundings: { uid: 0, homeDirectory: '/', environment: {} } })
    const present = await readTextIfExists(file)
    if (present !== undefined && present !== text && !input.dryRun) await refuseOverwrite(file, input)
    if (input.dryRun) return { file, text, action: 'would-write' as const, mailPassword: 'none' as const }
    const mailPassword = await storeMailPassword(input)
    if (present !== undefined) return { file, text: present, action: 'kept' as const, mailPassword }
    await writeFileAtomic(file, text, { mode: 0o644 })
    return { file, text, action: 'written' as const, mailPassword }
  },
  text: ({ file, text, action, mailPassword }) => ({
    lines: [
      ...(action === 'would-write' ? [`Would write ${file}:`, ...text.trimEnd().split('\n').map((line) => `  ${line}`)] : []),
      ...(action === 'written' ? [`Written: ${file}`, 'Next: chaton doctor, then chaton provision <file>'] : []),
      ...(action === 'kept' ? [`${file} stays as it is.`] : []),
      ...(mailPassword === 'stored' ? ['The mail password is in the secret store.'] : []),
    ],
  }),
})

/** Only what was said: everything else keeps its default, so that better defaults reach this hoster too. */
function settingsText(input: CommandInput): string {
  const flag = (name: string): string | undefined => textFlag(input, name)
  const mail = compact({ url: flag('mailUrl'), user: flag('mailUser'), from: flag('mailFrom') })
  const hoster = compact({ name: flag('hosterName'), supportUrl: flag('supportUrl') })
  const settings = compact({ engine: flag('engine'), domain: flag('domain'), stateDirectory: flag('stateDirectory'), mail, hoster })
  const head = '# Settings of chaton. Every setting: docs/reference/config.md\n'
  return settings === undefined ? `${head}engine: sandbox\n` : `${head}${stringify(settings)}`
}

function compact(values: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined)
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

async function refuseOverwrite(file: string, input: CommandInput): Promise<void> {
  if (textFlag(input, 'mailPasswordFile') !== undefined && Object.keys(input.flags).length <= 2) return
  throw new ChatonError('conflict', `${file} exists and says something else; it is never overwritten`, {
    next: ['edit it by hand', 'or name another file: --file <path>', 'chaton init --dry-run shows what would be written'],
  })
}

async function storeMailPassword(input: CommandInput): Promise<'stored' | 'none'> {
  const path = textFlag(input, 'mailPasswordFile')
  if (path === undefined) return 'none'
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ChatonError('bad-input', `cannot read the password file "${path}"`, { cause, next: ['name a readable file with --mail-password-file'] })
  })
  const password = text.replace(/\r?\n$/, '')
  if (password.length < 6) throw new ChatonError('bad-input', `the password in "${path}" has fewer than 6 characters`)
  const secrets = await input.app.secrets()
  await secrets.set('mail/password', registerSecret(password))
  return 'stored'
}
