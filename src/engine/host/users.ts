import { readFile } from 'node:fs/promises'
import type { Config } from '../../config/options.ts'
import type { Clock } from '../../kit/clock.ts'
import { asChatonError } from '../../kit/errors.ts'
import { run } from '../../kit/exec.ts'

export interface UnixUser {
  readonly uid: number
  readonly gid: number
}

export interface UnixUsers {
  /** The user and its group of the same name: system account, no home, no shell. Repeatable, also half done. */
  ensure(name: string): Promise<UnixUser>
  find(name: string): Promise<UnixUser | undefined>
  /** Both gone. Repeatable. */
  remove(name: string): Promise<void>
  /** Names of this installation's users, and of groups of that shape that have lost their user. */
  list(): Promise<readonly string[]>
}

export interface AccountFiles {
  readonly passwd: string
  readonly group: string
}

const systemFiles: AccountFiles = { passwd: '/etc/passwd', group: '/etc/group' }
const spaceName = /^ch-[a-z0-9][a-z0-9-]*-[0-9a-f]{6}$/

/** Lines of a colon-separated account file (passwd(5), group(5)). */
async function entries(file: string): Promise<string[][]> {
  return (await readFile(file, 'utf8')).split('\n').map((line) => line.split(':'))
}

async function idOf(file: string, name: string): Promise<number | undefined> {
  const entry = (await entries(file)).find(([entryName]) => entryName === name)
  return entry?.[2] === undefined ? undefined : Number(entry[2])
}

// groupadd(8), useradd(8), userdel(8), groupdel(8)
const nameTaken = 9
const noSuchName = 6
const lockTries = 40
const lockPauseMs = 100

/**
 * Unix users of spaces, through the tools of Debian's `passwd` package. Those tools take `/etc/.pwd.lock`-style lock
 * files; one that a killed run left behind names a dead process, and the tools remove it themselves, so a lock that
 * is held belongs to a living one: waited for, a few seconds.
 */
export function unixUsers({ stateDirectory }: Pick<Config, 'stateDirectory'>, clock: Clock, files: AccountFiles = systemFiles): UnixUsers {
  // The comment field (passwd(5)) tells the users of one installation from those of another on this machine.
  const comment = `chaton ${stateDirectory.replaceAll(/[:,\n]/g, '_')}`
  const tool = async (command: string, args: readonly string[], accept: readonly number[]): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      try {
        await run(command, args, { accept: [0, ...accept] })
        return
      } catch (error) {
        const locked = /cannot lock|existing lock file|try again later/i.test(asChatonError(error).message)
        if (!locked || attempt >= lockTries) throw error
        await clock.sleep(lockPauseMs)
      }
    }
  }
  const find = async (name: string): Promise<UnixUser | undefined> => {
    const [entry] = (await entries(files.passwd)).filter(([entryName]) => entryName === name)
    return entry === undefined ? undefined : { uid: Number(entry[2]), gid: Number(entry[3]) }
  }
  return {
    find,
    async ensure(name) {
      const found = await find(name)
      if (found) return found
      if ((await idOf(files.group, name)) === undefined) await tool('groupadd', ['--system', name], [nameTaken])
      const args = ['--system', '--comment', comment, '--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin', '--gid', name, name]
      await tool('useradd', args, [nameTaken])
      const made = await find(name)
      if (made) return made
      throw asChatonError(new Error(`useradd made no user "${name}" in ${files.passwd}`))
    },
    async remove(name) {
      if (await find(name)) await tool('userdel', [name], [noSuchName])
      if ((await idOf(files.group, name)) !== undefined) await tool('groupdel', [name], [noSuchName])
    },
    async list() {
      const [users, groups] = await Promise.all([entries(files.passwd), entries(files.group)])
      const names = new Set(users.map(([name]) => name))
      const mine = users.filter((entry) => entry[4] === comment)
      const widowed = groups.filter(([name]) => !names.has(name))
      return [...mine, ...widowed].map(([name]) => name ?? '').filter((name) => spaceName.test(name)).toSorted()
    },
  }
}
