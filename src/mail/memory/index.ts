import { cleanMail } from '../clean.ts'
import type { Mail, Mailer } from '../contract.ts'

export interface MemoryMailer extends Mailer {
  /** Every mail taken, oldest first, as its recipient would get it. */
  readonly sent: readonly Mail[]
  /** The next `send` throws `error`; with `taken` the mail arrives all the same, as when a server dies after it took a mail. */
  failNext(error: Error, taken?: boolean): void
}

/** Keeps mails in memory, for tests. */
export function createMemoryMailer(from = 'chaton@example.org'): MemoryMailer {
  const sent: Mail[] = []
  let failure: { readonly error: Error; readonly taken: boolean } | undefined
  return {
    configured: true,
    from,
    sent,
    failNext: (error, taken = false) => {
      failure = { error, taken }
    },
    send: async (mail) => {
      const clean = cleanMail(mail)
      const failing = failure
      failure = undefined
      if (!failing || failing.taken) sent.push(clean)
      if (failing) throw failing.error
    },
    verify: async () => {},
  }
}
