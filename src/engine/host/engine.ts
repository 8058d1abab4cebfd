import { exists } from '../../kit/files.ts'
import { asChatonError } from '../../kit/errors.ts'
import { checkHealth } from '../../nextcloud/health.ts'
import type { Engine, HealthCheck, SpaceState, SpaceTarget, SpaceUsage } from '../contract.ts'
import { backupSpace, requireSpace, restoreSpace } from './backup.ts'
import { forgetClosing, isSuspended } from './closing.ts'
import { changedSince } from './changes.ts'
import { runCron, runOcc } from './command-line.ts'
import type { HostParts } from './host-parts.ts'
import { preflight } from './preflight.ts'
import { ensureAdministrator, ensureApps, ensureConfig, ensureDatabase, ensureLimits, ensureOffice, ensureSite, ensureVolume } from './provision.ts'
import { listReleases } from './release-trees.ts'
import { findLeftovers, removeSpace } from './remove.ts'

/** Spaces as Nextclouds on this machine. What each part does is told in its own file; this one only joins them. */
export function engineOf(parts: HostParts): Engine {
  const { nextcloud, sites, processes } = parts
  const space = async (target: SpaceTarget) => await requireSpace(parts, target)
  return {
    name: 'host',
    sandbox: false,
    hardLimit: async () => await Promise.resolve(parts.volumes.hardLimit),
    releases: async () => await listReleases(parts.config.releasesDirectory),
    preflight: async (target) => await preflight(parts, target),
    ensureDatabase: async (target) => await ensureDatabase(parts, target),
    ensureVolume: async (target) => await ensureVolume(parts, target),
    ensureConfig: async (target) => await ensureConfig(parts, target),
    ensureApps: async (target) => await ensureApps(parts, target),
    ensureOffice: async (target) => await ensureOffice(parts, target),
    ensureLimits: async (target) => await ensureLimits(parts, target),
    ensureAdministrator: async (target) => await ensureAdministrator(parts, target),
    ensureSite: async (target) => await ensureSite(parts, target),
    address: (target) => ({ url: sites.url({ target }) }),
    health: async (target) => await health(parts, target),
    state: async (target) => await stateOf(parts, target),
    async suspend(target) {
      const found = await space(target)
      await forgetClosing(parts, found.names.id)
      await sites.ensure(found, 'suspended')
      await Promise.all([processes.stop(found), parts.agents.close(found.names.id)])
    },
    async resume(target) {
      const found = await space(target)
      await processes.ensure(found)
      await sites.ensure(found, 'live')
      await forgetClosing(parts, found.names.id)
    },
    remove: async (target) => await removeSpace(parts, target),
    accounts: async (target) => await nextcloud.accounts(await space(target)),
    invite: async (target, { userId, displayName, email, locale }) => await nextcloud.invite(await space(target), { userId, displayName, email, language: locale }),
    async setAccountEnabled(target, userId, enabled) {
      await nextcloud.setEnabled(await space(target), userId, enabled)
    },
    createAppPassword: async (target, userId, label) => await nextcloud.createAppPassword(await space(target), userId, label),
    setQuotas: async (target, quotas) => (quotas.size === 0 ? 0 : await nextcloud.setQuotas(await space(target), quotas)),
    usage: async (target) => await usage(parts, target),
    changedSince: async (targets, since) => await changedSince(parts.databases, targets, since),
    async runJobs(target) {
      const found = await space(target)
      if ((await sites.mode(found.names.id)) === 'suspended') return
      const { exitCode, stdout } = await runCron(parts, found)
      if (exitCode !== 0) parts.logger.warn({ slug: target.slug, exitCode, said: stdout.slice(-500) }, 'background jobs of a space failed')
    },
    leftovers: async (known) => await findLeftovers(parts, known),
    occ: async (target, args) => await runOcc(parts, await space(target), args),
    backup: async (target, into) => await backupSpace(parts, target, into),
    restore: async (target, from) => await restoreSpace(parts, target, from),
  }
}

async function stateOf(parts: HostParts, target: SpaceTarget): Promise<SpaceState> {
  const { spaces, sites, processes } = parts
  const space = await spaces.find(target)
  if (space === undefined || !(await exists(space.paths.root))) return 'absent'
  const mode = await sites.mode(space.names.id)
  if (mode === 'suspended') return (await isSuspended(parts, space.names.id)) ? 'suspended' : 'stopped'
  return mode === 'live' && (await processes.isRunning(space)) ? 'running' : 'stopped'
}

/**
 * By an account made for it. It is no person's: signing in as the first administrator would end the invitation that
 * waits in a mail, since Nextcloud lets a link live until the first sign-in.
 */
async function health({ spaces, nextcloud, sites }: HostParts, target: SpaceTarget): Promise<readonly HealthCheck[]> {
  try {
    const space = await spaces.find(target)
    if (space === undefined) return [{ name: 'status.php', ok: false, milliseconds: 0, message: `the space "${target.slug}" does not exist on this machine` }]
    const account = await nextcloud.createThrowaway(space)
    try {
      return await checkHealth(sites.url(space), account)
    } finally {
      await nextcloud.removeThrowaways(space)
    }
  } catch (error) {
    return [{ name: 'sign-in', ok: false, milliseconds: 0, message: asChatonError(error).message }]
  }
}

async function usage(parts: HostParts, target: SpaceTarget): Promise<SpaceUsage> {
  const space = await requireSpace(parts, target)
  const { id } = space.names
  const [shares, exact] = await Promise.all([parts.nextcloud.usage(space), parts.volumes.usedBytes([id])])
  const sum = shares.accounts.reduce((total, account) => total + account.filesBytes + account.versionsBytes + account.trashBytes + account.otherBytes, shares.appDataBytes)
  const measured = exact?.get(id)
  return { ...shares, totalBytes: measured ?? sum, exact: measured !== undefined }
}
