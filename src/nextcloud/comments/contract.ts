/** A comment on a file (OCP\Comments\IComment). */
export interface FileComment {
  readonly id: string
  readonly message: string
  /** `comment`; others are marks of programs (`reaction`, `comment_deleted`…). */
  readonly verb: string
  /** `users`, `guests`, `deleted_users`, `bots`… */
  readonly actorType: string
  readonly actorId: string
  /** Undefined where the account is no more. */
  readonly actorName: string | undefined
  readonly createdAt: Date
}

/** Comments on files, as one account sees and writes them. Throws `not-found` for a file that is not there, or without the app Comments. */
export interface RemoteComments {
  /** Oldest first. */
  on(fileId: string): Promise<FileComment[]>
  /** As this account, now; answers its id. At most {@link mostCharacters}, blanks around it are cut off. */
  add(fileId: string, message: string): Promise<string>
  /** One of this account's own. Missing is fine. */
  remove(fileId: string, id: string): Promise<void>
}

/** Unicode code points of a message (IComment::MAX_MESSAGE_LENGTH, by mb_strlen). */
export const mostCharacters = 1000
