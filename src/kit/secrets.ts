/**
 * The one door to secrets (app passwords, database passwords, invitation links).
 * Names are paths such as `space/<uid>/database`. Implementations register every value they hand out
 * with {@link registerSecret}, so that it is masked in all output.
 */
export interface SecretStore {
  /** The value, or `undefined`. */
  get(name: string): Promise<string | undefined>
  /** Stores or replaces. Repeatable. */
  set(name: string, value: string): Promise<void>
  /** The stored value; where there is none, `make()` is stored and returned. Two callers at once get the same value. */
  getOrCreate(name: string, make: () => string): Promise<string>
  /** Removes every name that starts with `prefix`. Repeatable. */
  deleteAll(prefix: string): Promise<void>
}
