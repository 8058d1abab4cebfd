import type { Engine, SpaceTarget, StepResult } from '../engine/contract.ts'

/** One named step of a provision; every step may run again at any time. */
export interface Step {
  readonly name: string
  /** What it does, for `--dry-run` and progress. */
  readonly title: string
  readonly run: (engine: Engine, target: SpaceTarget) => Promise<StepResult>
}

/** What the engine does for a space, in this order. Names are stable: they stand in the journal and in `--json`. */
export const engineSteps: readonly Step[] = [
  { name: 'database', title: 'Database and its role', run: (engine, target) => engine.ensureDatabase(target) },
  { name: 'volume', title: 'Data volume with its limit', run: (engine, target) => engine.ensureVolume(target) },
  { name: 'config', title: 'Configuration and Nextcloud itself', run: (engine, target) => engine.ensureConfig(target) },
  { name: 'apps', title: 'Apps of the plan', run: (engine, target) => engine.ensureApps(target) },
  { name: 'office', title: 'Office suite', run: (engine, target) => engine.ensureOffice(target) },
  { name: 'limits', title: 'Account cap and storage pool', run: (engine, target) => engine.ensureLimits(target) },
  { name: 'administrator', title: 'First administrator', run: (engine, target) => engine.ensureAdministrator(target) },
  { name: 'site', title: 'Web site', run: (engine, target) => engine.ensureSite(target) },
]

/** All steps as people see them: the engine's between naming and hand-over. */
export const provisionStepTitles: readonly { readonly name: string; readonly title: string }[] = [
  { name: 'names', title: 'Name, identity and secrets' },
  ...engineSteps.map(({ name, title }) => ({ name, title })),
  { name: 'pool', title: 'Storage pool shared out between the accounts' },
  { name: 'health', title: 'Health check: status, sign-in, a file written and read' },
  { name: 'hand-over', title: 'Hand-over mail with the invitation' },
]
