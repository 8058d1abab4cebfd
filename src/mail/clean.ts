import { ChatonError } from '../kit/errors.ts'
import type { Mail } from './contract.ts'

/** A local part and a domain, without what has a meaning in a header (RFC 5322 specials), spaces or control characters. */
const addressPattern = /^[^\p{C}\s<>()[\]\\,;:@"]+@[^\p{C}\s<>()[\]\\,;:@"]+$/u
const messageIdPattern = /^<[^\p{C}\s<>@]+@[^\p{C}\s<>@]+>$/u

export function isAddress(text: string): boolean {
  return text.length <= 320 && addressPattern.test(text)
}

/** One line: line breaks and other control characters become a space. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp} ]+/gu, ' ').trim()
}

/**
 * The mail as it may go into headers: names and subject on one line each. Pure.
 * Throws `bad-input` for an address that is none, `bug` for a Message-ID that is none.
 */
export function cleanMail(mail: Mail): Mail {
  if (!isAddress(mail.to.address)) {
    throw new ChatonError('bad-input', `${JSON.stringify(mail.to.address)} is not a mail address; expected one address such as camille@example.org`)
  }
  if (!messageIdPattern.test(mail.messageId)) {
    throw new ChatonError('bug', `${JSON.stringify(mail.messageId)} is not a Message-ID; expected "<word@domain>"`)
  }
  return { ...mail, subject: oneLine(mail.subject), to: { name: oneLine(mail.to.name), address: mail.to.address } }
}
