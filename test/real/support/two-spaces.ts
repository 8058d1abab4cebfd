import type { Config } from '../../../src/config/options.ts'
import { caddySites } from '../../../src/engine/host/sites/index.ts'
import { systemClock } from '../../../src/kit/clock.ts'
import { openRemoteFiles } from '../../../src/nextcloud/files/index.ts'
import { namesOf, pathsOf } from '../../../src/engine/host/names.ts'
import type { RemoteFiles } from '../../../src/nextcloud/files/contract.ts'
import type { Remote } from '../../../src/nextcloud/remote.ts'
import { provision } from '../../conformance/engine-steps.ts'
import { remoteFor } from '../../support/remote.ts'
import { openLab } from './host.ts'

export interface AccountForTest {
  readonly url: string
  readonly userId: string
  /** App password. */
  readonly password: string
  readonly remote: Remote
  readonly files: RemoteFiles
}

export interface TwoSpaces extends AsyncDisposable {
  readonly source: AccountForTest
  readonly destination: AccountForTest
  /** Runs occ in one of the two. */
  occ(side: 'source' | 'destination', ...args: readonly string[]): Promise<string>
  /** Where the PHP of one of the two may read and write. */
  temporary(side: 'source' | 'destination'): string
}

interface TwoSpacesOptions {
  /** Release of the source and of the destination. */
  readonly releases: readonly [string, string]
  /** Loopback port of the first; the second has the next. */
  readonly firstPort?: number
  readonly workers?: number
  /** Of the two accounts. Default: `admin` both. */
  readonly userIds?: readonly [string, string]
  /** Of both, for example a mail server. */
  readonly settings?: Partial<Config>
}

interface Space {
  readonly account: AccountForTest
  readonly temporary: string
  occ(args: readonly string[]): Promise<string>
}

/** Two spaces with room, each with an account without the files that new accounts are given; disposing leaves nothing. */
export async function openTwoSpaces({ releases, firstPort = 33_500, workers = 4, userIds = ['admin', 'admin'], settings = {} }: TwoSpacesOptions): Promise<TwoSpaces> {
  const lab = await openLab(settings, { sites: (supervisor, config) => caddySites({ config, supervisor, clock: systemClock }) })
  const opened: Disposable[] = []
  const dispose = async (): Promise<void> => {
    for (const one of opened) one[Symbol.dispose]()
    await lab[Symbol.asyncDispose]()
  }
  const space = async (release: string, port: number, administrator: string): Promise<Space> => {
    const php = { workers, memoryBytes: 512 * 2 ** 20, uploadMaxBytes: 16 * 2 ** 30 }
    const target = lab.target({ release, port, administrator, poolBytes: 20e9, php })
    await provision(lab.engine, target)
    const credentials = await lab.engine.createAppPassword(target, target.administrator, 'test')
    const { url } = lab.engine.address(target)
    const made = await remoteFor({ url, ...credentials })
    opened.push(made)
    return {
      account: { url, ...credentials, remote: made.remote, files: openRemoteFiles(made.remote) },
      occ: async (args) => (await lab.engine.occ(target, args)).stdout,
      temporary: pathsOf(lab.config, namesOf(target).id).temporary,
    }
  }
  try {
    const [source, destination] = [await space(releases[0], firstPort, userIds[0]), await space(releases[1], firstPort + 1, userIds[1])]
    for (const { account } of [source, destination]) await empty(account)
    return {
      source: source.account,
      destination: destination.account,
      occ: async (side, ...args) => await (side === 'source' ? source : destination).occ(args),
      temporary: (side) => (side === 'source' ? source : destination).temporary,
      [Symbol.asyncDispose]: dispose,
    }
  } catch (error) {
    await dispose()
    throw error
  }
}

/** Removes the files that Nextcloud gives to new accounts. */
export async function empty({ files }: AccountForTest): Promise<void> {
  const entries = []
  for await (const entry of files.list('')) entries.push(entry)
  for (const { path, etag } of entries) await files.remove(path, etag)
}
