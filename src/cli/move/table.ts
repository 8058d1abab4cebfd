import { kindNames, optionalKinds } from '../../move/kinds.ts'
import type { Argument, CommandEntry, Flag } from '../command.ts'

const move: Argument = { name: 'move?', help: 'id of the move (default: the one under way)' }
const addressFlags: readonly Flag[] = [
  { flags: '--from <address>', help: 'address of the Nextcloud to move from' },
  { flags: '--to <address>', help: 'address of the Nextcloud to move to' },
]
const fromFlags: readonly Flag[] = [
  { flags: '--from-user <name>', help: 'sign in to the old account with this name and an app password, instead of the browser' },
  { flags: '--from-password-file <path>', help: 'file with that app password (or the variable CHATON_MOVE_FROM_PASSWORD; else it is asked for)' },
]
const toFlags: readonly Flag[] = [
  { flags: '--to-user <name>', help: 'sign in to the new account with this name and an app password, instead of the browser' },
  { flags: '--to-password-file <path>', help: 'file with that app password (or the variable CHATON_MOVE_TO_PASSWORD; else it is asked for)' },
]
const httpFlag: Flag = { flags: '--allow-http', help: 'speak plain HTTP to servers that have nothing better: everybody on the way can read along' }
const signInFlags: readonly Flag[] = [...fromFlags, ...toFlags, httpFlag]
const choiceFlags: readonly Flag[] = [
  { flags: '--only <kinds>', help: `move nothing but these, separated by commas: ${kindNames.join(', ')}` },
  { flags: '--with <kinds>', help: `move these, too, which take long and are left out otherwise: ${optionalKinds.join(', ')}` },
  { flags: '--without <kinds>', help: 'leave these out' },
]
const mannerFlags: readonly Flag[] = [
  { flags: '--gentle', help: 'one request at a time, for small hosts' },
  { flags: '--fast', help: 'more requests at once' },
]
const shrinkFlag: Flag = { flags: '--accept-shrink', help: 'go on although one side has become much smaller since the last pass' }
const keepOpenFlag: Flag = { flags: '--keep-open', help: 'do not sign out at the end: chaton move delta brings what changes meanwhile, a later run ends the move' }
const runFlags: readonly Flag[] = [...addressFlags, ...signInFlags, ...choiceFlags, ...mannerFlags, keepOpenFlag, shrinkFlag]

/** The commands of moves; part of the table of all. */
export const moveCommands: readonly CommandEntry[] = [
  {
    path: 'move',
    summary: 'move an account from one Nextcloud to another: asks for both addresses and guides',
    changes: true,
    flags: runFlags,
    load: async () => await import('../commands/move.ts'),
  },
  {
    path: 'move plan',
    summary: 'sign in on both sides and say what would move; nothing is copied',
    args: [move],
    flags: [...addressFlags, ...signInFlags, ...choiceFlags, ...mannerFlags],
    load: async () => await import('../commands/move/plan.ts'),
  },
  {
    path: 'move run',
    summary: 'move an account without questions, or go on with the move that is under way',
    changes: true,
    args: [move],
    flags: runFlags,
    load: async () => await import('../commands/move/run.ts'),
  },
  { path: 'move status', summary: 'all moves, or one: how far it is', args: [{ ...move, help: 'id of the move (default: all)' }], load: async () => await import('../commands/move/status.ts') },
  { path: 'move pause', summary: 'stop the run that is at work; nothing of it is lost', changes: true, args: [move], load: async () => await import('../commands/move/pause.ts') },
  {
    path: 'move resume',
    summary: 'go on with a move that was stopped',
    changes: true,
    args: [move],
    flags: [...signInFlags, ...mannerFlags, keepOpenFlag, shrinkFlag],
    load: async () => await import('../commands/move/resume.ts'),
  },
  {
    path: 'move delta',
    summary: 'bring what has changed in the old account since',
    changes: true,
    args: [{ ...move, help: 'id of the move (default: the one under way, else the newest)' }],
    flags: [...signInFlags, ...mannerFlags, shrinkFlag],
    load: async () => await import('../commands/move/delta.ts'),
  },
  {
    path: 'move verify',
    summary: 'compare both sides as they are now; nothing is copied',
    args: [{ ...move, help: 'id of the move (default: the one under way, else the newest)' }],
    flags: [...signInFlags, ...mannerFlags],
    load: async () => await import('../commands/move/verify.ts'),
  },
  {
    path: 'move report',
    summary: 'what has moved, what has not and why, what to do now; or check a report',
    args: [{ ...move, help: 'id of the move (default: the one under way, else the newest)' }],
    flags: [
      { flags: '--locale <fr|en>', help: 'language of the text (default: en)' },
      { flags: '--into <directory>', help: 'copy the report files there (JSON, a page in French, a page in English)' },
      { flags: '--elsewhere', help: 'print what the old address can tell whoever still comes there, instead' },
      { flags: '--check <file>', help: 'check the signature of a report instead' },
      { flags: '--key <key>', help: 'with --check: the public key that must have signed it' },
    ],
    load: async () => await import('../commands/move/report.ts'),
  },
  {
    path: 'move export',
    summary: 'make an archive of an account, which any Nextcloud can take in, or go on with one that was stopped',
    changes: true,
    args: [{ name: 'move?', help: 'id of an export that was stopped (default: the one of this address)' }],
    flags: [
      { flags: '--from <address>', help: 'address of the Nextcloud' },
      { flags: '--output <file>', help: 'where to write it (default: <account>_<day>.nextcloud_export in this folder)' },
      ...fromFlags,
      httpFlag,
      ...choiceFlags.filter(({ flags }) => !flags.startsWith('--with ')),
      ...mannerFlags,
    ],
    load: async () => await import('../commands/move/export.ts'),
  },
  {
    path: 'move import',
    summary: 'carry what is in an archive of an account into one; the archive is one of chaton or of the app "User migration"',
    changes: true,
    args: [{ name: 'file', help: 'the archive (.nextcloud_export or .zip)' }],
    flags: [{ flags: '--to <address>', help: 'address of the Nextcloud to carry it into' }, ...toFlags, httpFlag, ...choiceFlags, ...mannerFlags],
    load: async () => await import('../commands/move/import.ts'),
  },
  {
    path: 'move space',
    summary: 'move all accounts of a space into another one, or several, of this machine; or list those of a host elsewhere',
    ofSpaces: true,
    changes: true,
    args: [{ name: 'space', help: 'name of the space, or its address' }],
    flags: [
      { flags: '--to <slugs>', help: 'space to move to; several, separated by commas: each account goes where there is room' },
      { flags: '--invite', help: 'once all have moved, invite everybody who has a new account' },
      { flags: '--abort', help: 'end it instead: what has moved stays, no account stays signed in' },
      { flags: '--at-once <count>', help: 'accounts that move at the same time (default: 2)' },
      ...choiceFlags,
      ...mannerFlags,
      { flags: '--from-user <name>', help: 'for a host elsewhere: its administrator, who can list accounts' },
      { flags: '--from-password-file <path>', help: 'file with an app password of that administrator (or the variable CHATON_MOVE_FROM_PASSWORD; else it is asked for)' },
      { flags: '--allow-http', help: 'speak plain HTTP to a host elsewhere that has nothing better' },
    ],
    load: async () => await import('../commands/move/space.ts'),
  },
  {
    path: 'move abort',
    summary: 'end a move and sign out on both sides; what it has copied stays',
    changes: true,
    args: [move],
    load: async () => await import('../commands/move/abort.ts'),
  },
]
