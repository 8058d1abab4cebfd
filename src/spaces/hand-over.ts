import type { SpaceTarget, StepResult } from '../engine/contract.ts'
import { renderMail } from '../mails/render.ts'
import type { Plan } from '../model/plan.ts'
import type { Space } from '../model/space.ts'
import { updateWithRetry, type Stored } from '../store/contract.ts'
import type { SpacesContext } from './context.ts'

/** How the first administrator gets in. Deliberately shown once by the command that provisions. */
export type SignIn =
  | { readonly how: 'invitation-mailed'; readonly url: string; readonly user: string; readonly to: string }
  | { readonly how: 'invitation-link'; readonly url: string; readonly user: string; readonly link: string }
  | { readonly how: 'app-password'; readonly url: string; readonly user: string; readonly password: string }

const invitationSecret = (uid: string): string => `space/${uid}/invitation`
const trialSecret = (uid: string): string => `space/${uid}/trial-password`

/** The invitation of the first administrator: one link, kept in the secrets door until the mail has left. */
async function invitationLink(context: SpacesContext, target: SpaceTarget): Promise<string> {
  const kept = await context.secrets.get(invitationSecret(target.uid))
  if (kept !== undefined) return kept
  const { owner, administrator } = target
  const invitation = await context.engine.invite(target, {
    userId: administrator,
    displayName: owner.name,
    email: owner.email,
    locale: owner.locale,
  })
  await context.secrets.set(invitationSecret(target.uid), invitation.link)
  return invitation.link
}

/** Sent again after a crash, the mail keeps this Message-ID, so that mail programs show it once. */
export function handOverMessageId(uid: string, hosterDomain: string): string {
  return `<hand-over.${uid}@${hosterDomain}>`
}

/** Mails the invitation, once: what was sent is recorded, and a resend after a crash carries the same Message-ID. */
export async function ensureHandOver(
  context: SpacesContext,
  target: SpaceTarget,
  space: Stored<Space>,
  plan: Plan,
): Promise<StepResult> {
  if (space.status?.handOver?.sentAt !== undefined) return { changed: false, note: `mailed to ${space.status.handOver.to}` }
  if (context.engine.sandbox) return { changed: false, skipped: 'a sandbox space is handed over on the screen' }
  if (!context.mailer.configured) {
    return { changed: false, skipped: 'no mail server is configured (mail.url): give the invitation link below to the person' }
  }
  const link = await invitationLink(context, target)
  const messageId = handOverMessageId(target.uid, context.config.domain)
  const to = target.owner.email
  const handOver = { messageId, to }
  await setHandOver(context, target.slug, handOver)
  const rendered = await renderMail('hand-over', target.owner.locale, {
    personName: target.owner.name,
    spaceTitle: target.title,
    url: context.engine.address(target).url,
    userId: target.administrator,
    invitationLink: link,
    validDays: 7,
    planTitle: plan.spec.title[target.owner.locale],
    storageBytes: target.poolBytes,
    accounts: target.accountCap,
    office: target.office,
    hosterName: context.config.hosterName,
    supportUrl: context.config.hosterSupport,
  })
  await context.mailer.send({ to: { name: target.owner.name, address: to }, messageId, ...rendered })
  await setHandOver(context, target.slug, { ...handOver, sentAt: context.clock.now().toISOString() })
  await context.secrets.deleteAll(invitationSecret(target.uid))
  return { changed: true, note: `mailed to ${to}` }
}

async function setHandOver(context: SpacesContext, slug: string, handOver: NonNullable<NonNullable<Space['status']>['handOver']>): Promise<void> {
  await updateWithRetry(context.store, 'Space', slug, (current) => ({
    ...current,
    status: { phase: 'Provisioning', conditions: [], ...current.status, handOver },
  }))
}

/** What the person who ran the command is told about signing in. */
export async function signInOf(context: SpacesContext, target: SpaceTarget, space: Space): Promise<SignIn> {
  const { url } = context.engine.address(target)
  const user = target.administrator
  if (context.engine.sandbox) {
    const kept = await context.secrets.get(trialSecret(target.uid))
    if (kept !== undefined) return { how: 'app-password', url, user, password: kept }
    const { password } = await context.engine.createAppPassword(target, user, 'chaton')
    await context.secrets.set(trialSecret(target.uid), password)
    return { how: 'app-password', url, user, password }
  }
  const { handOver } = space.status ?? {}
  if (handOver?.sentAt !== undefined) return { how: 'invitation-mailed', url, user, to: handOver.to }
  return { how: 'invitation-link', url, user, link: await invitationLink(context, target) }
}
