import { readFile } from 'node:fs/promises'

export interface WebUser {
  readonly uid: number
  readonly gid: number
}

/** The Unix user that Caddy runs as: `caddy` where Debian's package made it, else root. */
export async function webUser(passwdFile = '/etc/passwd'): Promise<WebUser> {
  const line = (await readFile(passwdFile, 'utf8')).split('\n').find((entry) => entry.startsWith('caddy:'))
  const [, , uid, gid] = (line ?? '').split(':')
  return uid === undefined || gid === undefined ? { uid: 0, gid: 0 } : { uid: Number(uid), gid: Number(gid) }
}
