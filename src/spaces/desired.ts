import type { Config } from '../config/options.ts'
import type { SpaceTarget } from '../engine/contract.ts'
import { ChatonError } from '../kit/errors.ts'
import type { OfficeSuite, Plan } from '../model/plan.ts'
import { bytesOf } from '../model/size.ts'
import type { Space } from '../model/space.ts'
import { officeFix, officeProblem } from './plan-change.ts'

export interface DesiredInput {
  readonly space: Space
  readonly plan: Plan
  readonly config: Pick<Config, 'domain' | 'releaseDefault'>
  /** Installed releases, newest first. */
  readonly releases: readonly string[]
}

/** The user id of the first administrator of every space; people sign in with their mail address as well. */
export const firstAdministrator = 'admin'

/** What the engine is to make of a Space: every default filled in. Pure. Throws `bad-input` for a choice the plan does not have. */
export function targetOf({ space, plan, config, releases }: DesiredInput): SpaceTarget {
  const { spec, status, metadata } = space
  return {
    uid: metadata.uid ?? '',
    slug: metadata.name,
    title: spec.title,
    domain: spec.domain ?? `${metadata.name}.${config.domain}`,
    port: status?.port,
    release: chooseRelease(space, config, releases),
    poolBytes: bytesOf(plan.spec.storage),
    accountCap: plan.spec.accounts,
    office: chooseOffice(space, plan),
    apps: plan.spec.apps,
    php: {
      workers: plan.spec.php.workers,
      memoryBytes: bytesOf(plan.spec.php.memory),
      uploadMaxBytes: bytesOf(plan.spec.php.uploadMax),
    },
    owner: spec.owner,
    administrator: status?.administrator ?? firstAdministrator,
  }
}

/** A space keeps the release it runs; a new one takes what it asks for, else the hoster's default, else the newest. */
function chooseRelease(space: Space, config: Pick<Config, 'releaseDefault'>, releases: readonly string[]): string {
  const wished = space.status?.release ?? space.spec.release ?? (config.releaseDefault === '' ? undefined : config.releaseDefault)
  const release = wished ?? releases[0]
  if (release !== undefined) return release
  throw new ChatonError('machine-not-ready', 'no Nextcloud release is installed on this machine', {
    next: ['chaton release add 32.0.1 (or a directory or an archive)', 'chaton host setup does this and all else'],
  })
}

function chooseOffice(space: Space, plan: Plan): OfficeSuite | undefined {
  const problem = officeProblem(space, plan)
  if (problem !== undefined) throw new ChatonError('bad-input', problem, { next: [officeFix] })
  return space.spec.office ?? plan.spec.office[0]
}
