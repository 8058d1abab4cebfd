import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { link, open, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ChatonError, hasSystemCode } from './errors.ts'
import { exists, writeFileAtomic } from './files.ts'
import { whileLocked } from './lock.ts'
import { registerSecret } from './mask.ts'
import type { SecretStore } from './secrets.ts'

const keyLength = 32
const nonceLength = 12
const tagLength = 16
const cipher = 'aes-256-gcm'
const header = /^chaton-secrets (\d+) ([0-9a-f]{16})\n/
const formatVersion = 1
/** A header is far shorter than this. */
const headerSpace = 64

interface Files {
  readonly directory: string
  /** 32 random bytes, mode 0600. */
  readonly key: string
  /**
   * A header line `chaton-secrets <format> <mark of the key>`, then nonce (12 bytes), tag (16 bytes) and the AES-256-GCM
   * ciphertext of a JSON object from name to value. The header is authenticated with it. Mode 0600.
   */
  readonly secrets: string
  readonly lock: string
}

/**
 * Secrets of one machine in an encrypted file, beside its key. Both are made at the first write. Several processes may use
 * them at once: a write holds a lock between processes and replaces the whole file, so that a kill leaves the old or the new one.
 */
export function openSecretFile({ directory }: { readonly directory: string }): SecretStore {
  const files: Files = {
    directory,
    key: join(directory, 'secrets.key'),
    secrets: join(directory, 'secrets.enc'),
    lock: join(directory, 'secrets.lock'),
  }
  return {
    get: async (name) => registered((await readSecrets(files)).get(name)),
    set: (name, value) =>
      change(files, (secrets) => {
        secrets.set(name, accepted(name, value))
      }),
    getOrCreate: async (name, make) => {
      const present = (await readSecrets(files)).get(name)
      if (present !== undefined) return registerSecret(present)
      return change(files, (secrets) => {
        const value = secrets.get(name) ?? accepted(name, make())
        secrets.set(name, value)
        return registerSecret(value)
      })
    },
    deleteAll: (prefix) =>
      change(files, (secrets) => {
        for (const name of secrets.keys()) if (name.startsWith(prefix)) secrets.delete(name)
      }),
  }
}

function registered(value: string | undefined): string | undefined {
  return value === undefined ? undefined : registerSecret(value)
}

/** A value that can be masked, registered. */
function accepted(name: string, value: string): string {
  try {
    return registerSecret(value)
  } catch (error) {
    throw new ChatonError('bad-input', `the secret for "${name}" is too short: ${value.length} characters, and at least 6 are needed`, {
      next: ['choose a longer one, so that it can be kept out of all output'],
      cause: error,
    })
  }
}

/** Reads, lets `edit` change and writes what is different, alone among all processes. */
async function change<T>(files: Files, edit: (secrets: Map<string, string>) => T): Promise<T> {
  return whileLocked(files.lock, 'the secrets', async () => {
    const secrets = await readSecrets(files)
    const before = JSON.stringify([...secrets])
    const result = edit(secrets)
    if (JSON.stringify([...secrets]) === before) return result
    await writeFileAtomic(files.secrets, seal(await ensureKey(files), secrets), { mode: 0o600 })
    return result
  })
}

async function readSecrets(files: Files): Promise<Map<string, string>> {
  let sealed: Buffer
  try {
    sealed = await readFile(files.secrets)
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) return new Map()
    throw unreadable(files.secrets, error)
  }
  const key = await readKey(files)
  if (key === undefined) {
    throw new ChatonError('machine-not-ready', `${files.key} is missing, and ${files.secrets} cannot be read without it`, {
      next: [`put secrets.key back from a backup of ${files.directory}; nothing was changed`],
    })
  }
  return unseal(files, key, sealed)
}

async function ensureKey(files: Files): Promise<Buffer> {
  const present = await readKey(files)
  if (present) return present
  const temporary = `${files.key}.${randomBytes(6).toString('hex')}.tmp`
  const file = await open(temporary, 'wx', 0o600)
  try {
    await file.writeFile(randomBytes(keyLength))
    await file.chmod(0o600)
    await file.sync()
    await link(temporary, files.key)
  } catch (error) {
    if (!hasSystemCode(error, 'EEXIST')) throw unreadable(files.key, error)
  } finally {
    await file.close()
    await rm(temporary, { force: true })
  }
  const key = await readKey(files)
  if (!key) throw new ChatonError('bug', `${files.key} was made and is gone again`)
  return key
}

/** The key, or `undefined` where there is none. Throws where others than its owner may read it. */
async function readKey({ key: path }: Files): Promise<Buffer | undefined> {
  if (!(await exists(path))) return undefined
  const { mode, uid } = await stat(path)
  const ours = process.geteuid?.() ?? uid
  if (uid !== ours) {
    throw new ChatonError('machine-not-ready', `${path} belongs to another user (uid ${uid}), who can read it`, {
      next: [`chown ${ours} ${shellWord(path)}`],
    })
  }
  if ((mode & 0o077) !== 0) {
    throw new ChatonError('machine-not-ready', `${path} can be read by others (mode 0${(mode & 0o777).toString(8)}); it must be 0600`, {
      next: [`chmod 600 ${shellWord(path)}`],
    })
  }
  const key = await readFile(path).catch((error: unknown) => {
    throw unreadable(path, error)
  })
  if (key.length !== keyLength) {
    throw new ChatonError('unhealthy', `${path} is not a key of chaton: it has ${key.length} bytes and should have ${keyLength}`, {
      next: ['put secrets.key back from a backup; nothing was changed'],
    })
  }
  registerSecret(key.toString('base64'))
  registerSecret(key.toString('hex'))
  return key
}

/** Tells keys apart without telling anything of them. */
const markOf = (key: Buffer): string => createHmac('sha256', key).update('chaton-secrets key').digest('hex').slice(0, 16)

function seal(key: Buffer, secrets: ReadonlyMap<string, string>): Buffer {
  const head = Buffer.from(`chaton-secrets ${formatVersion} ${markOf(key)}\n`)
  const nonce = randomBytes(nonceLength)
  const encrypt = createCipheriv(cipher, key, nonce, { authTagLength: tagLength }).setAAD(head)
  const body = Buffer.concat([encrypt.update(JSON.stringify(Object.fromEntries(secrets)), 'utf8'), encrypt.final()])
  return Buffer.concat([head, nonce, encrypt.getAuthTag(), body])
}

function unseal({ key: keyPath, secrets: path, directory }: Files, key: Buffer, sealed: Buffer): Map<string, string> {
  const next = [`put secrets.key and secrets.enc back from one backup of ${directory}; nothing was changed`]
  const [head, version, mark] = header.exec(sealed.subarray(0, headerSpace).toString('latin1')) ?? []
  if (head === undefined) throw new ChatonError('unhealthy', `${path} is damaged: it does not begin as a file of secrets`, { next })
  if (version !== String(formatVersion)) {
    throw new ChatonError('machine-not-ready', `${path} has format ${version}; this chaton reads format ${formatVersion}`, {
      next: ['install the newest chaton and run the same command again'],
    })
  }
  if (mark !== markOf(key)) throw new ChatonError('unhealthy', `${keyPath} is not the key that ${path} was written with`, { next })
  try {
    const nonce = sealed.subarray(head.length, head.length + nonceLength)
    const tag = sealed.subarray(head.length + nonceLength, head.length + nonceLength + tagLength)
    const body = sealed.subarray(head.length + nonceLength + tagLength)
    const decrypt = createDecipheriv(cipher, key, nonce, { authTagLength: tagLength }).setAAD(Buffer.from(head)).setAuthTag(tag)
    const text = Buffer.concat([decrypt.update(body), decrypt.final()]).toString('utf8')
    return new Map(Object.entries(JSON.parse(text) as Record<string, string>))
  } catch (error) {
    throw new ChatonError('unhealthy', `${path} is damaged or was changed by someone else: its seal does not match`, { next, cause: error })
  }
}

function unreadable(path: string, error: unknown): unknown {
  if (!hasSystemCode(error, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR')) return error
  return new ChatonError('machine-not-ready', `${path} cannot be used: ${error instanceof Error ? error.message : ''}`, {
    next: ['run the command as the user to whom the file belongs (often root)'],
    cause: error,
  })
}

const shellWord = (text: string): string => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`)
