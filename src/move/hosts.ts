import type { RemoteFiles } from '../nextcloud/files/contract.ts'
import type { Remote } from '../nextcloud/remote.ts'
import type { Instead } from './contract.ts'

/** A Nextcloud, found at an address that a person gave. */
export interface Host {
  /** Base URL without trailing slash, as the server names itself; of an archive its `file:` URL. */
  readonly address: string
  /** `32.0.1`. */
  readonly version: string
  /** Nobody signs in to it. */
  readonly isArchive?: true
}

/** What one signs in with. `password` is an app password: a secret. */
export interface SignIn {
  readonly name: string
  readonly password: string
}

/** A sign-in that waits for a person. */
export interface PendingSignIn {
  /** To be opened in a browser. */
  readonly login: string
  /** Resolves once the person has agreed. Throws `refused` when it took too long, `interrupted` when stopped. */
  granted(signal: AbortSignal): Promise<SignIn>
}

export interface App {
  readonly id: string
  readonly name: string
}

/** An account that is signed in. */
export interface Account {
  readonly remote: Remote
  readonly files: RemoteFiles
  readonly displayName: string | undefined
  /** Of an archive. */
  readonly instead?: Instead
  /** Equal for two addresses that lead to the same account of the same server. */
  readonly identity: string
  /** Apps that the person has in the menu there; empty where the server does not tell. */
  apps(): Promise<readonly App[]>
  /** The app password in use stops working. Fine if it does not work any more. */
  signOut(): Promise<void>
}

/** Both sides of a move as servers that one can find and sign in to. */
export interface Hosts {
  /** Throws `bad-input` for what is no address, or no Nextcloud that can take part; `remote-failed` where nothing answers. */
  find(address: string, options: { readonly allowPlainHttp: boolean }): Promise<Host>
  beginSignIn(host: Host): Promise<PendingSignIn>
  /** Throws `remote-failed` with `data.status` 401 where the sign-in does not work. */
  open(host: Pick<Host, 'address'>, signIn: SignIn): Promise<Account>
}
