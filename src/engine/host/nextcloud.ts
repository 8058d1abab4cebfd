import { z } from 'zod'
import { registerSecret } from '../../kit/mask.ts'
import type { Account, AccountUsage, Credentials, Invitation } from '../contract.ts'
import type { Agents } from './agent.ts'
import type { HostSpace } from './names.ts'

const secret = z.string().transform(registerSecret)
const Credential = z.object({ userId: z.string(), password: secret })
const InvitationAnswer = z.object({ userId: z.string(), link: secret })
const AccountAnswer = z.object({
  userId: z.string(),
  displayName: z.string(),
  email: z.string().nullable().transform((email) => (email === null || email === '' ? undefined : email)),
  enabled: z.boolean(),
  administrator: z.boolean(),
  createdAt: z.int().optional(),
  quotaBytes: z.int().nullable().transform((bytes) => bytes ?? undefined),
})
const UsageAnswer = z.object({
  accounts: z.array(z.object({ userId: z.string(), filesBytes: z.int(), versionsBytes: z.int(), trashBytes: z.int(), otherBytes: z.int() })),
  appDataBytes: z.int(),
})
const names = z.array(z.string())
const AppsAnswer = z.object({ enabled: names, disabled: names, hidden: names, missing: names, unhideable: names })
export type AppsAnswer = z.infer<typeof AppsAnswer>

export interface NewAccount {
  readonly userId: string
  readonly displayName: string
  readonly email: string
  readonly language: string
}

export interface AppsWish {
  readonly enable: readonly string[]
  readonly disable: readonly string[]
  readonly hide: readonly string[]
  /** Who, besides administrators, sees hidden apps. */
  readonly group: { readonly id: string; readonly name: string }
}

/** What the agent (templates/host/agent.php) can do inside the Nextcloud of a space. */
export interface Nextcloud {
  ensureAdministrator(space: HostSpace, account: NewAccount): Promise<{ created: boolean; changed: boolean }>
  invite(space: HostSpace, account: NewAccount): Promise<Invitation>
  accounts(space: HostSpace): Promise<Account[]>
  setEnabled(space: HostSpace, userId: string, enabled: boolean): Promise<boolean>
  createAppPassword(space: HostSpace, userId: string, label: string): Promise<Credentials>
  /** Answers how many were written. */
  setQuotas(space: HostSpace, quotas: ReadonlyMap<string, number>): Promise<number>
  usage(space: HostSpace): Promise<{ accounts: AccountUsage[]; appDataBytes: number }>
  apps(space: HostSpace, wish: AppsWish): Promise<AppsAnswer>
  /** Sets values of an app where the app is there. */
  appSettings(space: HostSpace, app: string, values: Readonly<Record<string, string>>): Promise<{ present: boolean; changed: boolean }>
  createThrowaway(space: HostSpace): Promise<Credentials>
  removeThrowaways(space: HostSpace): Promise<number>
}

export function nextcloudThrough(agents: Agents): Nextcloud {
  return {
    ensureAdministrator: (space, account) => agents.call(space, 'ensureAdministrator', { ...account }, z.object({ created: z.boolean(), changed: z.boolean() })),
    invite: (space, account) => agents.call(space, 'invite', { ...account }, InvitationAnswer),
    accounts: (space) => agents.call(space, 'accounts', {}, z.array(AccountAnswer)) as Promise<Account[]>,
    setEnabled: (space, userId, enabled) => agents.call(space, 'setEnabled', { userId, enabled }, z.boolean()),
    createAppPassword: (space, userId, label) => agents.call(space, 'createAppPassword', { userId, label }, Credential),
    setQuotas: (space, quotas) => agents.call(space, 'setQuotas', { quotas: [...quotas] }, z.int()),
    usage: (space) => agents.call(space, 'usage', {}, UsageAnswer),
    apps: (space, wish) => agents.call(space, 'apps', { ...wish }, AppsAnswer),
    appSettings: (space, app, values) => agents.call(space, 'appSettings', { app, values }, z.object({ present: z.boolean(), changed: z.boolean() })),
    createThrowaway: (space) => agents.call(space, 'createThrowaway', {}, Credential),
    removeThrowaways: (space) => agents.call(space, 'removeThrowaways', {}, z.int()),
  }
}
