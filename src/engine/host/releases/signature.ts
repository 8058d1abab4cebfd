import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { ChatonError } from '../../../kit/errors.ts'
import { hasProgram, run } from '../../../kit/exec.ts'

/** Fingerprint of the OpenPGP key that signs Nextcloud's archives, as published on https://nextcloud.com/install/. */
export const nextcloudKeyFingerprint = '28806A878AE423A28372792ED75899B9A724937A'

export interface SignedFile {
  readonly file: string
  /** Detached signature, armoured or not. */
  readonly signature: string
  /** The public key, which is believed only if its fingerprint is the pinned one. */
  readonly key: string
  readonly fingerprint: string
}

/** Throws `bad-input` unless the file carries a good signature by exactly the pinned key. Uses a keyring of its own. */
export async function verifySignature({ file, signature, key, fingerprint }: SignedFile): Promise<void> {
  if (!(await hasProgram('gpg'))) {
    throw new ChatonError('machine-not-ready', 'the program "gpg", which checks the signature of a release, is not installed', {
      next: ['apt-get install gnupg'],
    })
  }
  const home = await mkdtemp(join(tmpdir(), 'chaton-gpg-'))
  try {
    const base = ['--homedir', home, '--batch', '--no-tty', '--no-options', '--no-autostart', '--status-fd', '1']
    await run('gpg', [...base, '--import', key], { accept: [0, 2] })
    const { stdout } = await run('gpg', [...base, '--with-colons', '--list-keys'], { accept: [0, 2] })
    if (!primaryFingerprints(stdout).includes(fingerprint)) {
      throw new ChatonError('bad-input', `the key file is not the key of Nextcloud's releases: it has ${primaryFingerprints(stdout).join(', ') || 'no key'}, expected ${fingerprint}`)
    }
    const checked = await run('gpg', [...base, '--verify', signature, file], { accept: [0, 1, 2] })
    const verdict = judgeStatus(checked.stdout, fingerprint)
    if (verdict === undefined) return
    throw new ChatonError('bad-input', `${basename(file)} is not signed by the key ${fingerprint}: ${verdict}`, {
      next: ['fetch it again; if the signature fails again, do not use the file'],
    })
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

/** Fingerprints of primary keys in `gpg --with-colons` output (GnuPG, doc/DETAILS). Pure. */
export function primaryFingerprints(colons: string): string[] {
  const found: string[] = []
  let primary = false
  for (const fields of colons.split('\n').map((line) => line.split(':'))) {
    if (fields[0] === 'pub') primary = true
    else if (fields[0] === 'sub') primary = false
    else if (fields[0] === 'fpr' && primary && fields[9] !== undefined) {
      found.push(fields[9])
      primary = false
    }
  }
  return found
}

/** Why the status lines of `gpg --verify` (GnuPG, doc/DETAILS) are no proof, or undefined. The last field of VALIDSIG is the primary key. Pure. */
export function judgeStatus(status: string, fingerprint: string): string | undefined {
  const lines = status.split('\n').flatMap((line) => (line.startsWith('[GNUPG:] ') ? [line.slice(9).split(' ')] : []))
  const has = (word: string): boolean => lines.some(([first]) => first === word)
  if (has('BADSIG')) return 'the file does not match its signature'
  if (has('EXPKEYSIG')) return 'the key has expired'
  if (has('REVKEYSIG')) return 'the key was revoked'
  if (has('EXPSIG')) return 'the signature has expired'
  const valid = lines.find(([first]) => first === 'VALIDSIG')
  if (!valid || !has('GOODSIG')) return 'there is no signature by a known key'
  return valid.at(-1) === fingerprint ? undefined : `it is signed by ${valid.at(-1)}`
}
