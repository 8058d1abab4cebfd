import { createHash } from 'node:crypto'
import { chmod, chown, mkdir, rm } from 'node:fs/promises'
import { run, type RunResult } from '../kit/exec.ts'
import { exists } from '../kit/files.ts'
import type { VolumeOwner, Volumes } from './contract.ts'
import { fileSystemOf, physicalOf, prepareDirectory, volumeNames, volumePath } from './directory-base.ts'
import { copySnapshot, removeCopies } from './directory-snapshot.ts'
import { projectQuotaLacks } from './project-quota-check.ts'
import { ext4Tools, parseProjects, xfsTools, type Command, type ProjectTools } from './project-quota-tools.ts'

export interface ProjectQuotaOptions {
  /** Must lie on XFS or ext4 with project quotas switched on. */
  readonly directory: string
  /** How programs are run; the tests give recorded answers. */
  readonly execute?: (command: Command, accept?: readonly number[]) => Promise<RunResult>
}

const execute = async ([program, ...args]: Command, accept: readonly number[] = [0]): Promise<RunResult> =>
  await run(program, args, { accept, timeoutMs: 3_600_000 })

/** A directory a space, in a quota project of its own: exact use and a limit by the kernel, no instant snapshots. */
export function projectQuotaVolumes(options: ProjectQuotaOptions): Volumes {
  const { directory } = options
  const projects = new Projects(directory, options.execute ?? execute)
  const path = (name: string): string => volumePath(directory, name)
  return {
    kind: 'project-quota',
    hardLimit: true,
    exact: true,
    check: async () => await projectQuotaLacks(directory),
    path,
    ensure: async (name, { owner, limitBytes }) => {
      await prepareDirectory(directory)
      const created = !(await exists(path(name)))
      await mkdir(path(name), { recursive: true, mode: 0o700 })
      await projects.limit(name, limitBytes)
      await hand(path(name), owner)
      return { created }
    },
    usedBytes: async (names) => await projects.usedBytes(names),
    snapshot: async (name) => await copySnapshot(directory, name, path(name)),
    remove: async (name) => {
      const existed = await exists(path(name))
      if (existed) await projects.unlimit(name)
      await rm(path(name), { recursive: true, force: true })
      await removeCopies(directory, name)
    },
    list: async () => await volumeNames(directory),
    physical: async () => await physicalOf(directory),
  }
}

async function hand(path: string, owner: VolumeOwner): Promise<void> {
  await chmod(path, 0o700)
  await chown(path, owner.uid, owner.gid)
}

/** Project ids of volumes: kept by the file system on the directories themselves. */
class Projects {
  private readonly directory: string
  private readonly execute: NonNullable<ProjectQuotaOptions['execute']>

  constructor(directory: string, execute: NonNullable<ProjectQuotaOptions['execute']>) {
    this.directory = directory
    this.execute = execute
  }

  async limit(name: string, bytes: number): Promise<void> {
    const { tools, mount } = await this.place()
    const taken = await this.byName()
    const project = taken.get(name) ?? freeProject(name, new Set(taken.values()))
    await this.execute(tools.limit(project, bytes, mount))
    if (!taken.has(name)) await this.execute(tools.assign(volumePath(this.directory, name), project, mount))
  }

  async unlimit(name: string): Promise<void> {
    const project = (await this.byName()).get(name)
    const { tools, mount } = await this.place()
    if (project !== undefined) await this.execute(tools.limit(project, 0, mount))
  }

  async usedBytes(names: readonly string[]): Promise<Map<string, number>> {
    const { tools, mount } = await this.place()
    const byName = await this.byName()
    const used = tools.parseReport((await this.execute(tools.report(mount))).stdout)
    return new Map(
      names.flatMap((name) => {
        const project = byName.get(name)
        return project === undefined ? [] : [[name, used.get(project) ?? 0]]
      }),
    )
  }

  /** Project of each volume that has one. */
  private async byName(): Promise<Map<string, number>> {
    const names = await volumeNames(this.directory)
    if (names.length === 0) return new Map()
    const paths = names.map((name) => volumePath(this.directory, name))
    const projects = parseProjects((await this.execute(['lsattr', '-pd', '--', ...paths])).stdout)
    return new Map(
      names.flatMap((name) => {
        const project = projects.get(volumePath(this.directory, name)) ?? 0
        return project === 0 ? [] : [[name, project]]
      }),
    )
  }

  private async place(): Promise<{ tools: ProjectTools; mount: string }> {
    const tools = (await fileSystemOf(this.directory)) === 'xfs' ? xfsTools : ext4Tools
    const found = await this.execute(['findmnt', '--noheadings', '--raw', '--output', 'TARGET', '--target', this.directory])
    return { tools, mount: found.stdout.trim() }
  }
}

const firstProject = 0x10_00_00_00

/** A project id that follows from the name, the next free one where two names meet. Pure. */
export function freeProject(name: string, taken: ReadonlySet<number>): number {
  const wanted = createHash('sha256').update(name).digest().readUInt32BE(0) % firstProject
  let project = firstProject + wanted
  while (taken.has(project)) project = firstProject + ((project + 1) % firstProject)
  return project
}
