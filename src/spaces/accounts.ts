import { z } from 'zod'
import type { Account } from '../engine/contract.ts'
import { ChatonError } from '../kit/errors.ts'
import { nearest } from '../kit/suggest.ts'
import { renderMail } from '../mails/render.ts'
import type { Locale } from '../model/space.ts'
import { requireSpace, targetOfStored, type SpacesContext } from './context.ts'
import { rebalance } from './rebalance.ts'

export interface AccountList {
  readonly slug: string
  readonly accounts: readonly Account[]
  readonly enabled: number
  readonly cap: number
}

export async function listAccounts(context: SpacesContext, slug: string): Promise<AccountList> {
  const target = await targetOfStored(context, await requireSpace(context.store, slug))
  const accounts = await context.engine.accounts(target)
  return { slug, accounts, enabled: accounts.filter((account) => account.enabled).length, cap: target.accountCap }
}

export interface InviteRequest {
  readonly email: string
  readonly name: string
  /** User id; without it, made from the mail address. */
  readonly userId?: string
  readonly locale?: Locale
  readonly dryRun: boolean
}

export interface InviteResult {
  readonly slug: string
  readonly userId: string
  readonly to: string
  readonly dryRun: boolean
  /** Only where no mail server is configured: the link to give to the person. */
  readonly link: string | undefined
}

const userIdPattern = /^[a-zA-Z0-9_.@-]{1,64}$/

/** A user id from a mail address: the part before the at sign, in the characters Nextcloud allows. Pure. */
export function userIdFrom(email: string): string {
  return (email.split('@')[0] ?? '').replaceAll(/[^a-zA-Z0-9_.-]/g, '-').slice(0, 64)
}

/** Creates the account with its share of the pool, if there is room under the cap, and mails its invitation. */
export async function inviteAccount(context: SpacesContext, slug: string, request: InviteRequest): Promise<InviteResult> {
  const space = await requireSpace(context.store, slug)
  const target = await targetOfStored(context, space)
  const to = request.email
  if (!z.email().safeParse(to).success) throw new ChatonError('bad-input', `"${to}" is not a mail address`)
  const userId = request.userId ?? userIdFrom(to)
  if (!userIdPattern.test(userId)) {
    throw new ChatonError('bad-input', `"${userId}" cannot be a user id: use 1 to 64 letters, digits, "_", ".", "@" or "-"`, {
      next: ['name one with --user'],
    })
  }
  await refuseFull(context, slug, userId)
  if (request.dryRun) return { slug, userId, to, dryRun: true, link: undefined }
  await using _lock = await context.lock(slug)
  const locale = request.locale ?? target.owner.locale
  const { link } = await context.engine.invite(target, { userId, displayName: request.name, email: to, locale })
  await rebalance(context, space, { target })
  if (!context.mailer.configured) return { slug, userId, to, dryRun: false, link }
  const rendered = await renderMail('invitation', locale, {
    personName: request.name,
    spaceTitle: target.title,
    url: context.engine.address(target).url,
    userId,
    invitationLink: link,
    validDays: 7,
    hosterName: context.config.hosterName,
    supportUrl: context.config.hosterSupport,
  })
  const messageId = `<invitation.${userId.replaceAll(/[^a-zA-Z0-9]/g, '-')}.${context.clock.now().getTime()}.${target.uid}@${context.config.domain}>`
  await context.mailer.send({ to: { name: request.name, address: to }, messageId, ...rendered })
  return { slug, userId, to, dryRun: false, link: undefined }
}

async function refuseFull(context: SpacesContext, slug: string, userId: string): Promise<void> {
  const { accounts, enabled, cap } = await listAccounts(context, slug)
  const existing = accounts.find((account) => account.userId === userId)
  if (existing?.enabled || enabled < cap) return
  throw new ChatonError('no-room', `${enabled} of ${cap} accounts of "${slug}" are in use; "${userId}" would be one too many`, {
    next: [`disable one: chaton account disable ${slug} <user>`, `or a larger plan: chaton space plan ${slug} <plan>`],
    data: { enabled, cap },
  })
}

export interface EnableResult {
  readonly slug: string
  readonly userId: string
  readonly enabled: boolean
  readonly changed: boolean
  readonly dryRun: boolean
}

/** Switches an account on or off. Nothing of it is deleted. Switching on is refused above the cap. */
export async function setAccountEnabled(
  context: SpacesContext,
  slug: string,
  { userId, enabled, dryRun }: { readonly userId: string; readonly enabled: boolean; readonly dryRun: boolean },
): Promise<EnableResult> {
  const space = await requireSpace(context.store, slug)
  const target = await targetOfStored(context, space)
  const accounts = await context.engine.accounts(target)
  const account = accounts.find((entry) => entry.userId === userId)
  if (account === undefined) {
    const near = nearest(userId, accounts.map((entry) => entry.userId))
    throw new ChatonError('not-found', `"${slug}" has no account "${userId}"${near === undefined ? '' : `; did you mean "${near}"?`}`, {
      next: [`chaton account list ${slug} shows all`],
    })
  }
  if (!enabled && userId === target.administrator) {
    throw new ChatonError('refused', `"${userId}" is the first administrator of "${slug}" and is not disabled from here`, {
      next: [`to close the whole space for a while: chaton space suspend ${slug}`],
    })
  }
  if (enabled) await refuseFull(context, slug, userId)
  const changed = account.enabled !== enabled
  if (changed && !dryRun) {
    await using _lock = await context.lock(slug)
    await context.engine.setAccountEnabled(target, userId, enabled)
    await rebalance(context, space, { target })
  }
  return { slug, userId, enabled, changed, dryRun }
}
