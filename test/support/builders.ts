import { apiVersion } from '../../src/model/metadata.ts'
import { Plan } from '../../src/model/plan.ts'
import { Space } from '../../src/model/space.ts'

/** A valid plan; `spec` overrides single fields. */
export function aPlan(name = 'collective', spec: Partial<Plan['spec']> = {}): Plan {
  return Plan.parse({
    apiVersion,
    kind: 'Plan',
    metadata: { name },
    spec: { title: { fr: 'Collectif', en: 'Collective' }, storage: '40 GB', accounts: 50, office: ['collabora', 'onlyoffice'], ...spec },
  })
}

interface SpaceParts {
  readonly name?: string
  readonly spec?: Partial<Space['spec']>
  readonly status?: Space['status']
}

/** A valid space of the plan `collective`. */
export function aSpace({ name = 'jardin-partage', spec = {}, status }: SpaceParts = {}): Space {
  return Space.parse({
    apiVersion,
    kind: 'Space',
    metadata: { name },
    spec: { title: 'Le jardin partagé', plan: 'collective', owner: { name: 'Camille Martin', email: 'camille@jardin.example' }, ...spec },
    ...(status === undefined ? {} : { status }),
  })
}

/** A usage with everything at nought but what is given. */
export function aUsage(parts: Partial<NonNullable<NonNullable<Space['status']>['usage']>> = {}): NonNullable<NonNullable<Space['status']>['usage']> {
  return {
    poolBytes: 40e9,
    usedBytes: 0,
    filesBytes: 0,
    versionsBytes: 0,
    trashBytes: 0,
    otherBytes: 0,
    accounts: 1,
    measuredAt: '2026-01-01T00:00:00.000Z',
    warnedPercent: 0,
    ...parts,
  }
}
