import type { OfficeSuite } from '../model/plan.ts'

/** What every mail knows: about which space, to whom, from whom. */
export interface CommonData {
  readonly personName: string
  readonly spaceTitle: string
  readonly hosterName: string
  /** Where people find help: an address of a page, a mail address or a few words; empty: they reply to the mail. */
  readonly supportUrl: string
}

interface SpaceData extends CommonData {
  /** Address of the space, http or https. */
  readonly url: string
}

interface AccountData extends SpaceData {
  readonly userId: string
  /** A secret: it stands in the mail and nowhere else. */
  readonly invitationLink: string
  readonly validDays: number
}

/** The typed table of all mails: name of the folder in templates/mails, and the data its templates need. */
export interface MailData {
  /** The space is entrusted to its first administrator. */
  readonly 'hand-over': AccountData & {
    readonly planTitle: string
    readonly storageBytes: number
    readonly accounts: number
    readonly office: OfficeSuite | undefined
  }
  /** Somebody gets an account in a space. */
  readonly invitation: AccountData
  /** The pool passed a threshold. Use in bytes, as in the status of a space. */
  readonly 'pool-warning': SpaceData & {
    readonly percent: 80 | 90 | 100
    readonly poolBytes: number
    readonly usedBytes: number
    readonly filesBytes: number
    readonly versionsBytes: number
    readonly trashBytes: number
    readonly otherBytes: number
  }
  /** Accounts above the cap were disabled. */
  readonly 'accounts-over-cap': SpaceData & {
    readonly cap: number
    readonly disabled: readonly { readonly userId: string; readonly displayName: string }[]
  }
  readonly suspended: SpaceData
  readonly deleted: CommonData & {
    /** Until when the backup is kept; undefined: there is none. */
    readonly backupUntil: Date | undefined
  }
}

export type MailName = keyof MailData

const names: Readonly<Record<MailName, true>> = {
  'hand-over': true,
  invitation: true,
  'pool-warning': true,
  'accounts-over-cap': true,
  suspended: true,
  deleted: true,
}

/** Every mail that chaton writes. */
export const mailNames = Object.keys(names) as readonly MailName[]
