import type { CreateOutcome, RemoteCollection } from '../groupware/contract.ts'

export interface AddressBookProperties {
  readonly displayName: string
  readonly description: string | undefined
  /** Shown in the contacts app. */
  readonly enabled: boolean
}

/** `generated`: accounts of the server, people met lately. `shared`: of somebody else. `sharedWith`: people and groups, as they are called; absent: nobody. */
export type BookEntry =
  | { readonly is: 'book'; readonly uri: string; readonly properties: AddressBookProperties; readonly ctag: string; readonly sharedWith?: readonly string[] }
  | { readonly is: 'shared' | 'generated'; readonly uri: string; readonly displayName: string; readonly owner: string | undefined }

/** Address books of the account over CardDAV. */
export interface RemoteAddressBooks {
  list(): Promise<BookEntry[]>
  create(uri: string, properties: AddressBookProperties): Promise<CreateOutcome>
  setBook(uri: string, properties: AddressBookProperties): Promise<void>
  remove(uri: string): Promise<void>
  collection(uri: string): RemoteCollection
}
