import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Config } from '../../../config/options.ts'
import { ChatonError } from '../../../kit/errors.ts'
import { run } from '../../../kit/exec.ts'
import { ensureDirectory, writeFileAtomic } from '../../../kit/files.ts'
import type { Releases } from '../releases/catalogue.ts'
import { renderHostTemplate } from '../template.ts'
import { debians, servicesReplaced } from './debian.ts'
import { gatherSetupFacts } from './facts.ts'
import { planSetup, shellLine, type SetupAction, type SetupFacts, type SetupPlan, type SetupWishes } from './plan.ts'

export interface SetupOptions {
  readonly config: Pick<Config, 'stateDirectory' | 'releasesDirectory' | 'backupDirectory' | 'hosterName'>
  readonly releases: Releases
  /** Default /etc/chaton/chaton.yaml. */
  readonly settingsFile?: string
  readonly domain?: string
  readonly release?: string
  readonly dryRun: boolean
  /** Each command, before it runs; and in a dry run, what would. */
  readonly say: (line: string) => void
  readonly signal?: AbortSignal
  /** Stands in for the machine in tests. */
  readonly machine?: Machine
}

export interface Machine {
  facts(wishes: SetupWishes): Promise<SetupFacts>
  perform(action: SetupAction): Promise<void>
}

export interface SetupResult {
  readonly plan: SetupPlan
  /** Names of the steps that were done; empty in a dry run. */
  readonly done: readonly string[]
  readonly settings: { readonly path: string; readonly state: 'written' | 'same' | 'different' | 'absent'; readonly text: string }
}

/**
 * Makes this Debian machine ready for the first real space. Prints each command before it runs it, stops at the first that
 * fails, and goes on from there when it is run again; a ready machine is left alone.
 */
export async function setupHost(options: SetupOptions): Promise<SetupResult> {
  const wishes = await wishesOf(options)
  const machine = options.machine ?? thisMachine(options)
  const first = planSetup(await machine.facts(wishes), wishes)
  const done: string[] = []
  if (options.dryRun) say(first, options.say)
  else {
    let plan = first
    // Packages bring what later steps look at (a PostgreSQL cluster): plan anew after each step, each step at most once.
    for (let step = plan.steps.find(({ name }) => !done.includes(name)); step; step = plan.steps.find(({ name }) => !done.includes(name))) {
      options.say(`# ${step.title}`)
      for (const action of step.actions) {
        options.say(shellLine(action))
        await machine.perform(action)
      }
      done.push(step.name)
      plan = planSetup(await machine.facts(wishes), wishes)
    }
  }
  const { settings } = await machine.facts(wishes)
  const state = settings === undefined ? 'absent' : done.includes('settings') ? 'written' : settings === wishes.settings ? 'same' : 'different'
  return { plan: first, done, settings: { path: wishes.settingsFile, state, text: wishes.settings } }
}

function say({ steps }: SetupPlan, print: (line: string) => void): void {
  for (const { title, actions } of steps) {
    print(`# ${title}`)
    for (const action of actions) print(shellLine(action))
  }
}

async function wishesOf({ config, settingsFile = '/etc/chaton/chaton.yaml', domain, release }: SetupOptions): Promise<SetupWishes> {
  const settings = await renderHostTemplate('chaton.yaml.hbs', {
    domain: JSON.stringify(domain ?? 'chaton.localhost'),
    webMode: domain === undefined ? 'loopback' : 'public',
    hosterName: JSON.stringify(config.hosterName),
  })
  const { stateDirectory, releasesDirectory, backupDirectory } = config
  return { settingsFile, settings, stateDirectory, releasesDirectory, backupDirectory, release }
}

function thisMachine({ releases, say, signal }: SetupOptions): Machine {
  const replaced = [...new Set(debians.flatMap((debian) => servicesReplaced(debian).map(({ service }) => service)))]
  return {
    facts: async (wishes) => await gatherSetupFacts(wishes, (await releases.list()).map(({ version }) => version), replaced),
    perform: async (action) => {
      switch (action.kind) {
        case 'run':
          await run(action.program, action.args, { timeoutMs: 3_600_000, env: { ...action.env, HOME: '/root' }, ...(signal ? { signal } : {}) })
          return
        case 'directory':
          await ensureDirectory(action.path, { mode: action.mode })
          return
        case 'write':
          await mkdir(dirname(action.path), { recursive: true, mode: 0o755 })
          await writeFileAtomic(action.path, action.text, { mode: action.mode })
          return
        case 'release':
          say(`# ${await addRelease(releases, action.source, signal)}`)
          return
        default:
          action satisfies never
      }
    },
  }
}

/** A release that is there already is as good as one added: an archive does not tell its version before it is unpacked. */
async function addRelease(releases: Releases, source: string, signal: AbortSignal | undefined): Promise<string> {
  try {
    const { release, verified } = await releases.add(source, signal ? { signal } : {})
    return `Nextcloud ${release.version} is installed (checked: ${verified})`
  } catch (error) {
    if (error instanceof ChatonError && error.code === 'conflict' && !error.retryable) return error.message
    throw error
  }
}
