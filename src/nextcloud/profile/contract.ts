/** What a server says of the account itself. Which fields there are depends on the release. */
export interface ProfileData {
  /** By the name that {@link RemoteProfile.set} takes: `displayname`, `phone`, `locale`, `profile_enabled`… Empty where nothing is filled in. */
  readonly fields: Readonly<Record<string, string>>
  /** Who sees a field, by its name: `v2-private`, `v2-local`, `v2-federated`, `v2-published`. */
  readonly scopes: Readonly<Record<string, string>>
  readonly otherMails: readonly string[]
}

/** `rate`: too often, later again. `confirm`: only with the account's password, which an app password is not. */
export type SetOutcome = { readonly outcome: 'set' | 'rate' | 'confirm' } | { readonly outcome: 'refused'; readonly message: string }

export interface Picture {
  readonly bytes: Buffer
  /** `image/png` or `image/jpeg`. */
  readonly type: string
}

/** A line of text about what the person is doing (app user_status). */
export interface StatusMessage {
  readonly message: string
  /** An emoji, or empty. */
  readonly icon: string
  /** One of the server's own messages; its text is then empty. */
  readonly predefined: string
  /** Unix seconds; undefined: stays. */
  readonly clearAt: number | undefined
}

/** The account's own profile and settings. */
export interface RemoteProfile {
  read(): Promise<ProfileData>
  /** A field, or who sees it (`phoneScope`). Servers allow 50 in ten minutes. */
  set(key: string, value: string): Promise<SetOutcome>
  /** 512 by 512 pixels; undefined where the server draws one from the name. */
  picture(): Promise<Picture | undefined>
  /** Must be square. */
  setPicture(picture: Picture): Promise<SetOutcome>
  status(): Promise<StatusMessage | undefined>
  setStatus(status: StatusMessage): Promise<SetOutcome>
}
