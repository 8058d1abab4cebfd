import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../../src/config/options.ts'
import type { SpaceTarget } from '../../../src/engine/contract.ts'
import { namesOf, pathsOf } from '../../../src/engine/host/names.ts'
import { caddySites } from '../../../src/engine/host/sites/index.ts'
import { systemClock } from '../../../src/kit/clock.ts'
import { openRemoteFiles } from '../../../src/nextcloud/files/index.ts'
import { choosePassword, provision } from '../../conformance/engine-steps.ts'
import { remoteFor } from '../../support/remote.ts'
import { openLab, type Lab } from './host.ts'
import { empty, type AccountForTest } from './two-spaces.ts'

export interface PersonForTest extends AccountForTest {
  readonly space: SpaceForTest
  readonly email: string
  /** Of the account itself; `password` is an app password. */
  readonly accountPassword: string
}

export interface SpaceForTest {
  readonly release: string
  readonly url: string
  readonly target: SpaceTarget
  occ(...args: readonly string[]): Promise<string>
  /** A new account that has signed in once, without the files that new accounts are given. */
  person(userId: string): Promise<PersonForTest>
}

export interface SpacesForTest extends AsyncDisposable {
  readonly lab: Lab
  /** The space of this release, provisioned when first asked for. */
  space(release: string): Promise<SpaceForTest>
}

interface SpacesOptions {
  /** Loopback port of the first; the others have the next. */
  readonly firstPort: number
  readonly workers?: number
  readonly settings?: Partial<Config>
}

const accountPassword = 'Mot-de-passe-1729-long'

/**
 * Tests make more accounts in a few minutes than the server lets one address make: what is sent while the limit is lifted does not
 * count. The settings of a space are read-only for occ; a file beside them is read as well.
 */
async function setPassword(folder: string, choose: () => Promise<string | undefined>): Promise<void> {
  const file = join(folder, `test-${randomBytes(4).toString('hex')}.config.php`)
  writeFileSync(file, "<?php\n$CONFIG = ['ratelimit.protection.enabled' => false];\n", { mode: 0o644 })
  try {
    const status = await choose()
    if (status !== 'success') throw new Error(`the password of a test account was not taken: ${String(status)}`)
  } finally {
    rmSync(file, { force: true })
  }
}

/** A space with room for each release that is asked for; disposing leaves nothing. */
export async function openSpaces({ firstPort, workers = 4, settings = {} }: SpacesOptions): Promise<SpacesForTest> {
  const lab = await openLab(settings, { sites: (supervisor, config) => caddySites({ config, supervisor, clock: systemClock }) })
  const spaces = new Map<string, Promise<SpaceForTest>>()
  const opened: Disposable[] = []
  const make = async (release: string, port: number): Promise<SpaceForTest> => {
    const php = { workers, memoryBytes: 512 * 2 ** 20, uploadMaxBytes: 16 * 2 ** 30 }
    const target = lab.target({ release, port, poolBytes: 20e9, accountCap: 50, php })
    await provision(lab.engine, target)
    const { url } = lab.engine.address(target)
    const space: SpaceForTest = {
      release,
      url,
      target,
      occ: async (...args) => (await lab.engine.occ(target, args)).stdout,
      async person(userId) {
        const email = `${userId}@example.org`
        const { link } = await lab.engine.invite(target, { userId, displayName: userId, email, locale: 'fr' })
        await setPassword(pathsOf(lab.config, namesOf(target).id).config, async () => (await choosePassword(lab.engine, target, link, accountPassword)).status)
        const { password } = await lab.engine.createAppPassword(target, userId, 'test')
        const made = await remoteFor({ url, userId, password })
        opened.push(made)
        const person = { url, userId, password, accountPassword, email, remote: made.remote, files: openRemoteFiles(made.remote), space }
        await empty(person)
        return person
      },
    }
    return space
  }
  return {
    lab,
    async space(release) {
      const known = spaces.get(release) ?? make(release, firstPort + spaces.size)
      spaces.set(release, known)
      return await known
    },
    async [Symbol.asyncDispose]() {
      for (const one of opened) one[Symbol.dispose]()
      await lab[Symbol.asyncDispose]()
    },
  }
}
