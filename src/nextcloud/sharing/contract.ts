/** IShare::TYPE_*: those that a move knows how to make anew, and the others by what they belong to. */
export type ShareType = 'user' | 'group' | 'link' | 'mail' | 'federated' | 'federated-group' | 'team' | 'room' | 'deck' | 'other'

/** Something granted beyond the permissions; `permissions`/`download` false: may be seen and not downloaded. */
export interface ShareAttribute {
  readonly scope: string
  readonly key: string
  readonly value: unknown
}

/** What a share grants, and what is written on it. */
export interface ShareTerms {
  /** Bits of OCP\Constants: 1 read, 2 update, 4 create, 8 delete, 16 share on. */
  readonly permissions: number
  /** Last day before which it ends at midnight, `YYYY-MM-DD` in the account's time zone; undefined: it does not end. */
  readonly expires: string | undefined
  readonly note: string
  /** Of a link. */
  readonly label: string
  readonly hideDownload: boolean
  readonly attributes: readonly ShareAttribute[]
}

export interface Sharee {
  /** Account, group, e-mail address or cloud id; empty for a link. */
  readonly id: string
  readonly name: string
  /** E-mail address of an account, where it has one that may be seen. */
  readonly email: string | undefined
}

/** A share that the account has made. */
export interface Share extends ShareTerms {
  readonly id: string
  readonly type: ShareType
  /** Relative to the account's root, NFC, without leading slash. */
  readonly path: string
  /** Account that the file belongs to. */
  readonly owner: { readonly id: string; readonly name: string }
  readonly with: Sharee
  /** A password is set; what it is cannot be read. */
  readonly protected: boolean
  /** Of a link, or of what was sent to an e-mail address. */
  readonly url: string | undefined
}

/** A share that somebody else has made for the account. */
export interface ReceivedShare {
  /** Where it is shown in the account; of one that waits for an answer, its name. */
  readonly path: string
  readonly owner: string
  /** `user@host` without protocol. */
  readonly cloudId: string
  readonly waiting: boolean
}

/** What a server allows, as its capabilities tell. */
export interface SharingAbilities {
  /** Whether there is sharing at all. */
  readonly on: boolean
  readonly links: boolean
  /** Every link needs a password. */
  readonly passwordEnforced: boolean
  readonly groups: boolean
  readonly federation: { readonly outgoing: boolean; readonly incoming: boolean }
  /** Shares with people and e-mail addresses can be made without a mail to them (`sendMail`, since 30: nextcloud/server#46007). */
  readonly silent: boolean
}

export interface NewShare extends ShareTerms {
  readonly path: string
  readonly type: Exclude<ShareType, 'federated-group' | 'team' | 'room' | 'deck' | 'other'>
  /** Empty for a link. */
  readonly with: string
}

/** Sharing of one account (OCS, apps/files_sharing). Nothing here retries; failures are those of `refusal` in ../remote.ts. */
export interface Sharing {
  readonly abilities: SharingAbilities
  /** All that the account has made, or those of one path. */
  list(path?: string): Promise<Share[]>
  /** What others share with the account; some may wait for its answer. */
  received(): Promise<ReceivedShare[]>
  /** Servers allow 20 in 10 minutes: `rate`. Where they can be silenced, no mail leaves. */
  create(share: NewShare): Promise<Share | 'rate'>
  /** A changed note is mailed to the recipients of other shares than links (DefaultShareProvider::propagateNote). */
  change(id: string, terms: Partial<ShareTerms>): Promise<Share>
  /** Fine if it is not there. */
  remove(id: string): Promise<void>
  /** The account of exactly this id, if the server lets it be seen. */
  person(id: string): Promise<Sharee | undefined>
  /** Ids of the groups that the account is in. */
  groups(): Promise<string[]>
}
