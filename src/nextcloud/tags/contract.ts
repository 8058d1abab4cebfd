/** A collaborative tag ("system tag"): one for the whole server, put on files by those who may. */
export interface SystemTag {
  readonly id: string
  readonly name: string
  /** Whether this account may put it on files. */
  readonly canAssign: boolean
  /** Six hex digits; undefined where it has none, or the server knows no colours (before 31). */
  readonly color: string | undefined
}

export interface TaggedFile {
  readonly path: string
  readonly fileId: string
}

/** `taken`: there is one of that name, perhaps one that this account does not see. `forbidden`: only administrators may make tags. */
export type MakeTagOutcome = { readonly outcome: 'made'; readonly id: string } | { readonly outcome: 'taken' | 'forbidden' }

/** Tags as one account sees them: those that are kept from it are in no answer. A server without tags answers none. */
export interface RemoteTags {
  /** All that the account sees. */
  list(): Promise<SystemTag[]>
  /** Those that are on some file of the account. */
  inUse(): Promise<SystemTag[]>
  /** Files and folders of the account with this tag, in one request. */
  filesWith(tagId: string): AsyncIterable<TaggedFile>
  /** A visible one, for everybody. */
  make(name: string): Promise<MakeTagOutcome>
  /** False where the server refuses: colours came with 31. */
  setColor(tagId: string, color: string): Promise<boolean>
  /** Answers false if the file has it already. Throws `not-found` without that file. */
  assign(fileId: string, tagId: string): Promise<boolean>
  /** Missing is fine. */
  withdraw(fileId: string, tagId: string): Promise<void>
}
