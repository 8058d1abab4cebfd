import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { stringify } from 'yaml'
import { z } from 'zod'
import { loadConfig } from '../../config/load.ts'
import { ChatonError } from '../../kit/errors.ts'
import { readTextIfExists, writeFileAtomic } from '../../kit/files.ts'
import { registerSecret } from '../../kit/mask.ts'
import { defineCommand, textFlag, type CommandInput } from '../command.ts'

const Result = z.object({
  file: z.string().optional().describe('The settings file; absent where only the mail password was stored.'),
  text: z.string().optional().describe('What it says.'),
  action: z.enum(['written', 'kept', 'untouched']),
  mailPassword: z.enum(['stored', 'none']),
  dryRun: z.boolean(),
})
type Result = z.infer<typeof Result>

export const command = defineCommand({
  result: Result,
  run: async (input) => {
    const settings = settingsOf(input)
    const password = await mailPassword(input)
    // `chaton init --mail-password-file <file>` on a machine whose settings lie elsewhere: they are nobody's business here.
    const file = settings === undefined && password !== undefined ? undefined : await judgeFile(input, textOf(settings))
    if (!input.dryRun) await apply(input, file, password)
    const said = file === undefined ? { action: 'untouched' as const } : { file: file.path, text: file.text, action: file.action }
    return { ...said, mailPassword: password === undefined ? ('none' as const) : ('stored' as const), dryRun: input.dryRun }
  },
  text: ({ file, text, action, mailPassword: password, dryRun }) => ({
    lines: [
      ...(action === 'kept' ? [`${file ?? ''} says so already and stays as it is.`] : []),
      ...(action === 'written' && dryRun ? [`Would write ${file ?? ''}:`, ...(text ?? '').trimEnd().split('\n').map((line) => `  ${line}`)] : []),
      ...(action === 'written' && !dryRun ? [`Written: ${file ?? ''}`] : []),
      ...(password === 'stored' ? [dryRun ? 'Would store the mail password in the secret store.' : 'The mail password is in the secret store; the file you gave can go.'] : []),
      dryRun ? 'Nothing was changed.' : 'Next: chaton doctor, then chaton provision <file>',
    ],
  }),
})

interface SettingsFile {
  readonly path: string
  readonly text: string
  readonly action: 'written' | 'kept'
}

/** Only what was said: everything else keeps its default, so that better defaults reach this hoster too. */
function settingsOf(input: CommandInput): Record<string, unknown> | undefined {
  const flag = (name: string): string | undefined => textFlag(input, name)
  const mail = compact({ url: flag('mailUrl'), user: flag('mailUser'), from: flag('mailFrom') })
  const hoster = compact({ name: flag('hosterName'), supportUrl: flag('supportUrl') })
  return compact({ engine: flag('engine'), domain: flag('domain'), stateDirectory: flag('stateDirectory'), mail, hoster })
}

function textOf(settings: Record<string, unknown> | undefined): string {
  return `# Settings of chaton. Every setting: docs/reference/config.md\n${stringify(settings ?? { engine: 'sandbox' })}`
}

function compact(values: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined)
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** A file that is there is never overwritten. */
async function judgeFile(input: CommandInput, text: string): Promise<SettingsFile> {
  const path = resolve(textFlag(input, 'file') ?? 'chaton.yaml')
  loadConfig({ file: { path, text }, flags: {}, surroundings: { uid: 0, homeDirectory: '/', environment: {} } })
  const present = await readTextIfExists(path)
  if (present === undefined) return { path, text, action: 'written' }
  if (present === text) return { path, text, action: 'kept' }
  throw new ChatonError('conflict', `${path} exists and says something else; it is never overwritten`, {
    next: ['edit it by hand', 'or name another file: --file <path>'],
  })
}

async function mailPassword(input: CommandInput): Promise<string | undefined> {
  const path = textFlag(input, 'mailPasswordFile')
  if (path === undefined) return undefined
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ChatonError('bad-input', `cannot read the password file "${path}"`, { cause, next: ['name a readable file with --mail-password-file'] })
  })
  const password = text.replace(/\r?\n$/, '')
  if (password.length < 6) throw new ChatonError('bad-input', `the password in "${path}" has fewer than 6 characters`)
  return registerSecret(password)
}

async function apply(input: CommandInput, file: SettingsFile | undefined, password: string | undefined): Promise<void> {
  if (password !== undefined) await (await input.app.secrets()).set('mail/password', password)
  if (file?.action === 'written') await writeFileAtomic(file.path, file.text, { mode: 0o644 })
}
