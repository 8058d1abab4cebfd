export interface Album {
  /** Unique in its account, without slash. */
  readonly name: string
  readonly location: string
  /** People, groups and the like whom it is shared with. */
  readonly collaborators: readonly string[]
  /** Anybody may see it who has its link. */
  readonly link: boolean
  /** It fills itself by a filter (since 33). */
  readonly filtered: boolean
}

export interface AlbumPicture {
  /** Of the file that it is (`oc:fileid`). */
  readonly fileId: string
  readonly name: string
}

/**
 * Albums of the app Photos of one account, over WebDAV. An album holds no files of its own: it names files of the account. Nothing here
 * retries; failures are those of `refusal` in ../remote.ts.
 */
export interface Albums {
  /** Own albums; undefined where the server has no app Photos. */
  list(): Promise<Album[] | undefined>
  /** Albums of others, as they are called in this account: `Name (owner)`. */
  shared(): Promise<string[]>
  /** All of an album, those of others too. */
  pictures(album: string): Promise<AlbumPicture[]>
  /** False if there is one of that name. */
  make(name: string): Promise<boolean>
  setLocation(album: string, location: string): Promise<void>
  /** `path`: of a file of the account. False where it is in the album already, or cannot be put there. */
  add(album: string, path: string): Promise<boolean>
  /** The file itself stays. Fine if it is not there. */
  takeOut(album: string, picture: AlbumPicture): Promise<void>
  /** The files themselves stay. Fine if it is not there. */
  remove(album: string): Promise<void>
}
