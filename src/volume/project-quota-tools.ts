/** A program with its arguments. */
export type Command = readonly [string, ...string[]]

/** What is asked of the quota tools of one file system. Pure: makes command lines and reads their output. */
export interface ProjectTools {
  readonly fileSystem: 'xfs' | 'ext4'
  /** Programs that must be installed, each with its Debian package. */
  readonly programs: ReadonlyMap<string, string>
  /** Puts a directory and all that is or will be in it into a project. */
  assign(path: string, project: number, mount: string): Command
  limit(project: number, bytes: number, mount: string): Command
  report(mount: string): Command
  /** Bytes used, by project, from the output of `report`. */
  parseReport(output: string): Map<number, number>
}

/** `report -p -b -n -N`: no headings; `#<project> <used> <soft> <hard> <warnings> [<grace>]` in KiB, see xfs_quota(8). */
const xfsRow = /^#(\d+)\s+(\d+)\s+\d+\s+\d+\s/

export const xfsTools: ProjectTools = {
  fileSystem: 'xfs',
  programs: new Map([['xfs_quota', 'xfsprogs']]),
  assign: (path, project, mount) => ['xfs_quota', '-x', '-c', `project -s -p ${path} ${project}`, mount],
  limit: (project, bytes, mount) => ['xfs_quota', '-x', '-c', `limit -p bsoft=0 bhard=${bytes} ${project}`, mount],
  report: (mount) => ['xfs_quota', '-x', '-c', 'report -p -b -n -N', mount],
  parseReport: (output) => readRows(output, xfsRow),
}

/** `repquota -P -n -p -O csv`: `#<project>,<block state>,<file state>,<used KiB>,<soft>,<hard>,…`, see repquota(8). */
const ext4Row = /^#(\d+),[^,]*,[^,]*,(\d+),/

export const ext4Tools: ProjectTools = {
  fileSystem: 'ext4',
  programs: new Map([
    ['chattr', 'e2fsprogs'],
    ['setquota', 'quota'],
    ['repquota', 'quota'],
  ]),
  assign: (path, project) => ['chattr', '-R', '-p', String(project), '+P', path],
  limit: (project, bytes, mount) => ['setquota', '-P', String(project), '0', String(Math.ceil(bytes / 1024)), '0', '0', mount],
  report: (mount) => ['repquota', '-P', '-n', '-p', '-O', 'csv', mount],
  parseReport: (output) => readRows(output, ext4Row),
}

function readRows(output: string, row: RegExp): Map<number, number> {
  const used = new Map<number, number>()
  for (const line of output.split('\n')) {
    const [, project, kibibytes] = row.exec(line.trim()) ?? []
    if (project !== undefined && kibibytes !== undefined) used.set(Number(project), Number(kibibytes) * 1024)
  }
  return used
}

/** `lsattr -pd <path>…`: `<project> <flags> <path>`. Answers the project of each path; 0 is none. */
export function parseProjects(output: string): Map<string, number> {
  const rows = output.split('\n').map((line) => /^\s*(\d+)\s+\S+\s+(.+)$/.exec(line) ?? [])
  return new Map(rows.flatMap(([, project, path]) => (path === undefined ? [] : [[path, Number(project)]])))
}
