import type { Finding } from '../engine/contract.ts'
import { formatSize } from '../kit/bytes.ts'
import type { Plan } from '../model/plan.ts'
import { bytesOf } from '../model/size.ts'
import type { Space } from '../model/space.ts'

/** Why a plan does not have the suite that a space asks for; undefined where it does. Pure. */
export function officeProblem({ spec }: Pick<Space, 'spec'>, plan: Plan): string | undefined {
  const { office } = plan.spec
  if (spec.office === undefined || office.includes(spec.office)) return undefined
  return `spec.office: "${spec.office}" is not part of the plan "${plan.metadata.name}", which offers ${office.length === 0 ? 'no office suite' : office.join(' or ')}`
}

export const officeFix = 'choose a suite that the plan offers, leave the field out, or choose another plan'

/** May this space have this plan? A plan smaller than what the space already uses is refused, with the numbers. Pure. */
export function judgePlanChange(space: Space, plan: Plan): readonly Finding[] {
  const usage = space.status?.usage
  const findings: Finding[] = []
  const { name } = plan.metadata
  const poolBytes = bytesOf(plan.spec.storage)
  if (usage !== undefined && usage.usedBytes > poolBytes) {
    findings.push({
      code: 'no-room-storage',
      severity: 'error',
      message: `${space.metadata.name} uses ${formatSize(usage.usedBytes)}; the plan "${name}" has ${formatSize(poolBytes)}`,
      fix: `choose a plan of at least ${formatSize(usage.usedBytes)}, or free ${formatSize(usage.usedBytes - poolBytes)} first (trash ${formatSize(usage.trashBytes)}, old versions ${formatSize(usage.versionsBytes)})`,
    })
  }
  if (usage !== undefined && usage.accounts > plan.spec.accounts) {
    findings.push({
      code: 'no-room-accounts',
      severity: 'error',
      message: `${space.metadata.name} has ${usage.accounts} accounts; the plan "${name}" allows ${plan.spec.accounts}`,
      fix: `disable ${usage.accounts - plan.spec.accounts} accounts first (chaton account list ${space.metadata.name}), or choose a larger plan`,
    })
  }
  const office = officeProblem(space, plan)
  if (office !== undefined) findings.push({ code: 'bad-office', severity: 'error', message: `${space.metadata.name}: ${office}`, fix: officeFix })
  return findings
}
