import type { Argument, CommandEntry, Flag } from './command.ts'
import { moveCommands } from './move/table.ts'

const slug: Argument = { name: 'slug', help: 'name of the space' }
const planFlag: Flag = { flags: '--plan <name>', help: 'plan of the space' }

/** Every command. The folder `commands/` mirrors it: a test compares the two. */
export const table: readonly CommandEntry[] = [
  {
    path: 'init',
    summary: 'write a chaton.yaml with the settings of this hoster',
    changes: true,
    flags: [
      { flags: '--domain <domain>', help: 'domain of the hoster: spaces are <slug>.<domain>' },
      { flags: '--file <path>', help: 'where to write it (default: ./chaton.yaml)' },
      { flags: '--mail-url <url>', help: 'SMTP server, for example smtp://mail.example.org:587' },
      { flags: '--mail-user <name>', help: 'sign-in name at the SMTP server' },
      { flags: '--mail-from <address>', help: 'sender of all mails' },
      { flags: '--mail-password-file <path>', help: 'file with the SMTP password; it goes into the secret store' },
      { flags: '--hoster-name <name>', help: 'name of the hoster in mails' },
      { flags: '--support-url <url>', help: 'where people find help' },
    ],
    load: async () => await import('./commands/init.ts'),
  },
  {
    path: 'provision',
    summary: 'make a space from a manifest, or finish and repair one',
    ofSpaces: true,
    changes: true,
    args: [{ name: 'file|slug', help: 'a manifest (YAML), or the name of a space' }],
    flags: [
      planFlag,
      { flags: '--title <title>', help: 'name of the collective (new space by name)' },
      { flags: '--owner-name <name>', help: 'person to whom it is entrusted' },
      { flags: '--owner-email <address>', help: 'where the invitation goes' },
      { flags: '--locale <fr|en>', help: 'language of the mails (default: fr)' },
      { flags: '--office <suite>', help: 'collabora or onlyoffice' },
      { flags: '--domain <domain>', help: "the collective's own domain" },
      { flags: '--release <version>', help: 'Nextcloud release' },
    ],
    load: async () => await import('./commands/provision.ts'),
  },
  { path: 'space list', summary: 'all spaces', ofSpaces: true, load: async () => await import('./commands/space/list.ts') },
  { path: 'space show', summary: 'one space: state, conditions, journal', args: [slug], ofSpaces: true, load: async () => await import('./commands/space/show.ts') },
  { path: 'space open', summary: 'print the address of a space and open it in a browser where there is one', args: [slug], ofSpaces: true, load: async () => await import('./commands/space/open.ts') },
  { path: 'space suspend', summary: 'close a space for a while; people see a page that says so', changes: true, args: [slug], ofSpaces: true, load: async () => await import('./commands/space/suspend.ts') },
  { path: 'space resume', summary: 'open a suspended space again', changes: true, args: [slug], ofSpaces: true, load: async () => await import('./commands/space/resume.ts') },
  {
    path: 'space delete',
    summary: 'back up a space, then remove everything of it',
    ofSpaces: true,
    changes: true,
    args: [slug],
    flags: [
      { flags: '--confirm <slug>', help: 'the name once more, instead of being asked' },
      { flags: '--no-backup', help: 'keep no last backup' },
    ],
    load: async () => await import('./commands/space/delete.ts'),
  },
  {
    path: 'space backup',
    summary: 'back up a space, check a backup, or list all',
    ofSpaces: true,
    changes: true,
    args: [{ name: 'slug?', help: 'name of the space' }],
    flags: [
      { flags: '--into <directory>', help: 'an empty directory (default: below the backup directory)' },
      { flags: '--verify <directory>', help: 'read every byte of a backup again instead of making one' },
      { flags: '--list', help: 'list all backups' },
    ],
    load: async () => await import('./commands/space/backup.ts'),
  },
  {
    path: 'space restore',
    summary: 'make a space from a backup, here or on another machine',
    ofSpaces: true,
    changes: true,
    args: [{ name: 'directory', help: 'a backup' }],
    flags: [{ flags: '--as <slug>', help: 'another name for the restored space' }],
    load: async () => await import('./commands/space/restore.ts'),
  },
  {
    path: 'space plan',
    summary: 'show, or change in place, the plan of a space',
    ofSpaces: true,
    changes: true,
    args: [slug, { name: 'plan?', help: 'the new plan' }],
    load: async () => await import('./commands/space/plan.ts'),
  },
  { path: 'space usage', summary: 'what fills a space, account by account', args: [slug], ofSpaces: true, load: async () => await import('./commands/space/usage.ts') },
  {
    path: 'space occ',
    summary: "run Nextcloud's own occ for a space: chaton space occ <slug> -- status",
    changes: true,
    ofSpaces: true,
    args: [slug, { name: 'arguments...', help: 'arguments of occ, after --' }],
    load: async () => await import('./commands/space/occ.ts'),
  },
  { path: 'account list', summary: 'accounts of a space', args: [slug], ofSpaces: true, load: async () => await import('./commands/account/list.ts') },
  {
    path: 'account invite',
    summary: 'create an account and mail its invitation',
    ofSpaces: true,
    changes: true,
    args: [slug, { name: 'email', help: 'mail address of the person' }],
    flags: [
      { flags: '--name <name>', help: 'name of the person (default: the user id)' },
      { flags: '--user <id>', help: 'user id (default: from the mail address)' },
      { flags: '--locale <fr|en>', help: 'language of the mail' },
    ],
    load: async () => await import('./commands/account/invite.ts'),
  },
  {
    path: 'account disable',
    summary: 'switch an account off; nothing of it is deleted',
    ofSpaces: true,
    changes: true,
    args: [slug, { name: 'user', help: 'user id' }],
    load: async () => await import('./commands/account/disable.ts'),
  },
  {
    path: 'account enable',
    summary: 'switch an account on again',
    ofSpaces: true,
    changes: true,
    args: [slug, { name: 'user', help: 'user id' }],
    load: async () => await import('./commands/account/enable.ts'),
  },
  { path: 'plan list', summary: 'all plans', load: async () => await import('./commands/plan/list.ts') },
  { path: 'plan show', summary: 'one plan', args: [{ name: 'plan', help: 'name of the plan' }], load: async () => await import('./commands/plan/show.ts') },
  {
    path: 'plan apply',
    summary: 'store plans and bring them to all live spaces',
    ofSpaces: true,
    changes: true,
    args: [{ name: 'file', help: 'a manifest (YAML) with one or several plans' }],
    load: async () => await import('./commands/plan/apply.ts'),
  },
  { path: 'release list', summary: 'installed Nextcloud releases', load: async () => await import('./commands/release/list.ts') },
  {
    path: 'release add',
    summary: 'install a Nextcloud release: a version, a directory or an archive',
    changes: true,
    args: [{ name: 'source', help: '"32.0.1" (fetched and verified), a directory, or an archive' }],
    flags: [{ flags: '--sha512 <hex>', help: 'expected SHA-512 of a local archive' }],
    load: async () => await import('./commands/release/add.ts'),
  },
  {
    path: 'release remove',
    summary: 'remove a release that no space uses',
    changes: true,
    args: [{ name: 'version', help: 'for example 32.0.1' }],
    load: async () => await import('./commands/release/remove.ts'),
  },
  { path: 'app list', summary: 'pinned apps', load: async () => await import('./commands/app/list.ts') },
  {
    path: 'app add',
    summary: 'pin a version of a Nextcloud app from an archive or a directory',
    changes: true,
    args: [{ name: 'source', help: 'an archive or a directory' }],
    flags: [{ flags: '--sha512 <hex>', help: 'expected SHA-512 of the archive' }],
    load: async () => await import('./commands/app/add.ts'),
  },
  ...moveCommands,
  {
    path: 'host setup',
    summary: 'make this Debian machine ready for real spaces',
    changes: true,
    flags: [
      { flags: '--domain <domain>', help: 'domain of the hoster' },
      { flags: '--release <source>', help: 'Nextcloud release to install: a version, a directory or an archive' },
    ],
    load: async () => await import('./commands/host/setup.ts'),
  },
  {
    path: 'serve',
    summary: 'keep spaces running: pools, caps, background jobs, expired backups',
    changes: true,
    ofSpaces: true,
    flags: [{ flags: '--once', help: 'one round, then end' }],
    load: async () => await import('./commands/serve.ts'),
  },
  { path: 'doctor', summary: 'check this machine and say the command that mends each finding', load: async () => await import('./commands/doctor.ts') },
  {
    path: 'completion',
    summary: 'print the completion script of a shell',
    args: [{ name: 'shell', help: 'bash, zsh or fish' }],
    load: async () => await import('./commands/completion.ts'),
  },
]

/** Where the JSON Schema of its result is published, below docs/reference/. */
export function schemaFile({ path }: Pick<CommandEntry, 'path'>): string {
  return `schema/commands/${path.replaceAll(' ', '-')}.json`
}

/** Headings of the command groups in `--help`. */
export const groups: Readonly<Record<string, string>> = {
  space: 'spaces: list, show, open, suspend, resume, delete, backup, restore, plan, usage, occ',
  account: 'accounts of a space: list, invite, disable, enable',
  plan: 'plans: list, show, apply',
  release: 'Nextcloud releases: list, add, remove',
  app: 'pinned Nextcloud apps: list, add',
  host: 'this machine: setup',
}
