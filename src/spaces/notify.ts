import { createHash } from 'node:crypto'
import type { Account, SpaceTarget } from '../engine/contract.ts'
import { renderMail, type RenderedMail } from '../mails/render.ts'
import type { Locale, UsageStatus } from '../model/space.ts'
import type { SpacesContext } from './context.ts'

export interface Recipient {
  readonly name: string
  readonly address: string
  readonly locale: Locale
}

/** Something the administrators of a space are told. `key` is the same when the same thing is told again. */
export type Notice =
  | { readonly kind: 'pool-warning'; readonly key: string; readonly percent: 80 | 90 | 100; readonly usage: UsageStatus }
  | {
      readonly kind: 'accounts-over-cap'
      readonly key: string
      readonly cap: number
      readonly disabled: readonly { readonly userId: string; readonly displayName: string }[]
    }

/** Resolves when everybody was told, or when there is no way to tell anybody; throws where trying again may help. */
export type Notify = (target: SpaceTarget, notice: Notice, to: readonly Recipient[]) => Promise<void>

/** The enabled administrators that have an address, and the owner whatever happens to their account. Pure. */
export function recipientsOf(target: SpaceTarget, accounts: readonly Account[]): Recipient[] {
  const { owner } = target
  const administrators = accounts.flatMap(({ administrator, enabled, email, displayName, userId }) =>
    administrator && enabled && email !== undefined && email !== ''
      ? [{ name: displayName === '' ? userId : displayName, address: email, locale: owner.locale }]
      : [],
  )
  const all: Recipient[] = [{ name: owner.name, address: owner.email, locale: owner.locale }, ...administrators]
  return [...new Map(all.toReversed().map((recipient) => [recipient.address.toLowerCase(), recipient])).values()].toReversed()
}

/** One mail a person; the same notice to the same person always has the same Message-ID. */
export function mailNotifier(context: SpacesContext): Notify {
  return async (target, notice, to) => {
    if (!context.mailer.configured) {
      context.logger.warn({ space: target.slug, notice: notice.kind }, 'no mail server is configured: the administrators were not told')
      return
    }
    for (const recipient of to) {
      const mark = createHash('sha256').update(recipient.address.toLowerCase()).digest('hex').slice(0, 12)
      const messageId = `<${notice.key}.${target.uid}.${mark}@${context.config.domain}>`
      const { name, address } = recipient
      await context.mailer.send({ to: { name, address }, messageId, ...(await render(context, target, { notice, recipient })) })
    }
  }
}

async function render(
  context: SpacesContext,
  target: SpaceTarget,
  { notice, recipient }: { readonly notice: Notice; readonly recipient: Recipient },
): Promise<RenderedMail> {
  const common = {
    personName: recipient.name,
    spaceTitle: target.title,
    hosterName: context.config.hosterName,
    supportUrl: context.config.hosterSupport,
    url: context.engine.address(target).url,
  }
  if (notice.kind === 'accounts-over-cap') {
    return await renderMail('accounts-over-cap', recipient.locale, { ...common, cap: notice.cap, disabled: notice.disabled })
  }
  const { poolBytes, usedBytes, filesBytes, versionsBytes, trashBytes, otherBytes } = notice.usage
  const figures = { poolBytes, usedBytes, filesBytes, versionsBytes, trashBytes, otherBytes }
  return await renderMail('pool-warning', recipient.locale, { ...common, percent: notice.percent, ...figures })
}
