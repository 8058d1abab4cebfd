export interface Mail {
  readonly to: { readonly name: string; readonly address: string }
  readonly subject: string
  readonly html: string
  readonly text: string
  /** With angle brackets. The same mail sent again keeps it. */
  readonly messageId: string
}

/**
 * Sends mails. Resolves when the server has taken the mail; throws `remote-failed` (retryable, but where the server
 * refuses the sender or the recipient for good), `machine-not-ready` (no server, refused sign-in, no encryption) or
 * `bad-input` (an address that is none). The conformance suite is test/conformance/mailer.ts.
 */
export interface Mailer {
  /** False where no server is configured: callers then say so and go on. */
  readonly configured: boolean
  /** The address mails come from. */
  readonly from: string
  send(mail: Mail): Promise<void>
  /** Looks whether the server answers and takes our sign-in. */
  verify(): Promise<void>
}
