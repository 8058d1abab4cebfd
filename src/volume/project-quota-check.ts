import { chmod, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finding } from '../engine/contract.ts'
import { asChatonError } from '../kit/errors.ts'
import { hasProgram, run } from '../kit/exec.ts'
import { randomName } from '../kit/random.ts'
import { fileSystemOf, nearestExisting } from './directory-base.ts'
import { ext4Tools, xfsTools, type Command, type ProjectTools } from './project-quota-tools.ts'

const nobody = { uid: 65_534, gid: 65_534 }
const probeLimit = 1_048_576
const mountOptions = /(?:^|,)(?:prjquota|pquota)(?:,|$)/

const failing = (code: string, message: string, fix?: string): Finding => ({
  code,
  severity: 'error',
  message,
  ...(fix === undefined ? {} : { fix }),
})

/** What is missing for project quotas under `directory`, plainly; when nothing seems to be, a real write decides. */
export async function projectQuotaLacks(directory: string): Promise<readonly Finding[]> {
  const type = await fileSystemOf(directory)
  const tools = [xfsTools, ext4Tools].find((candidate) => candidate.fileSystem === type)
  if (!tools) return [failing('volume-no-projects', `${directory} lies on ${type}; project quotas need XFS or ext4`)]
  const place = await mountOf(directory)
  const findings = [...(await missingPrograms(tools)), ...missingOption(tools, place)]
  if (process.getuid?.() !== 0) findings.push(failing('volume-not-root', 'project quotas need root', 'sudo chaton …'))
  return findings.length > 0 ? findings : await probe(tools, await nearestExisting(directory), place.mount)
}

interface Mount {
  readonly mount: string
  readonly source: string
  readonly options: string
}

async function mountOf(directory: string): Promise<Mount> {
  const existing = await nearestExisting(directory)
  const found = await run('findmnt', ['--noheadings', '--raw', '--output', 'TARGET,SOURCE,OPTIONS', '--target', existing])
  const [mount = '/', source = '', options = ''] = found.stdout.trim().split(' ')
  return { mount, source, options }
}

async function missingPrograms(tools: ProjectTools): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const [program, debianPackage] of tools.programs) {
    if (await hasProgram(program)) continue
    findings.push(failing('volume-quota-tools', `the program "${program}" is not installed`, `apt-get install --yes ${debianPackage}`))
  }
  return findings
}

/** Pure: `prjquota` must be among the mount options. */
export function missingOption(tools: Pick<ProjectTools, 'fileSystem'>, { mount, source, options }: Mount): Finding[] {
  if (mountOptions.test(options)) return []
  const fix =
    tools.fileSystem === 'ext4'
      ? `with the disk unmounted: tune2fs -O project,quota -Q prjquota ${source}; then add prjquota to its options in /etc/fstab and mount it again`
      : `add prjquota to the options of ${mount} in /etc/fstab, unmount it and mount it again`
  return [failing('volume-prjquota-off', `${mount} is mounted without project quotas (option prjquota)`, fix)]
}

/** Limits a temporary directory and writes twice as much: only a refused write proves that the kernel counts. Root itself is never limited. */
async function probe(tools: ProjectTools, directory: string, mount: string): Promise<Finding[]> {
  const place = join(directory, `.quota-probe-${randomName(10)}`)
  const project = 0x7f_00_00_01
  const execute = async ([program, ...args]: Command): Promise<void> => {
    await run(program, args)
  }
  try {
    await mkdir(place)
    await chmod(place, 0o777)
    await execute(tools.limit(project, probeLimit, mount))
    await execute(tools.assign(place, project, mount))
    const args = ['if=/dev/zero', `of=${join(place, 'file')}`, 'bs=65536', `count=${(2 * probeLimit) / 65_536}`, 'conv=fsync']
    const written = await run('dd', args, { as: nobody, accept: [0, 1] })
    if (written.exitCode !== 0 && /quota|space/i.test(written.stderr)) return []
    return [failing('volume-quota-not-kept', `${mount} accepts project quotas and does not keep them: a write above a limit went through`)]
  } catch (error) {
    return [failing('volume-quota-refused', `project quotas cannot be set on ${mount}: ${asChatonError(error).message}`)]
  } finally {
    await rm(place, { recursive: true, force: true })
    await execute(tools.limit(project, 0, mount)).catch(() => undefined)
  }
}
