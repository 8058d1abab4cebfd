import { ChatonError } from '../../kit/errors.ts'
import type { Mailer } from '../contract.ts'

/** Stands where no mail server is configured. `from` is empty; `send` and `verify` throw `machine-not-ready`. */
export function createNoMailer(): Mailer {
  const refuse = async (): Promise<never> => {
    throw new ChatonError('machine-not-ready', 'no mail server is configured, so no mail can be sent', {
      next: [
        'set mail.url (for example smtp://mail.example.org:587) and mail.from in chaton.yaml',
        'then store the password with: chaton init --mail-password-file <file>',
      ],
    })
  }
  return { configured: false, from: '', send: refuse, verify: refuse }
}
