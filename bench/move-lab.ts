import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setup as build } from '../test/support/build.ts'
import { whyNoHostEngine } from '../test/real/support/machine.ts'
import { openTwoSpaces, type AccountForTest, type TwoSpaces } from '../test/real/support/two-spaces.ts'
import { startBeside } from './background.ts'

export const release = '32.0.1'
const child = resolve(import.meta.dirname, 'move-child.js')

export async function whyNoMove(): Promise<string | undefined> {
  if (spawnSync('rclone', ['version'], { stdio: 'ignore' }).status !== 0) return 'rclone is not installed'
  return await whyNoHostEngine()
}

export interface Account {
  readonly url: string
  readonly userId: string
  readonly password: string
}

/** What move-child.js is told, on standard input. */
export interface Order {
  readonly source: Account
  readonly destination: Account
  readonly journal: string
  /** One after the other. Default: `files`. */
  readonly kinds?: readonly MovedKind[]
  /** Compare both sides afterwards. */
  readonly compare?: boolean
}

export type MovedKind = 'files' | 'calendars' | 'contacts'

/** What it answers, on standard output. */
export interface Outcome {
  readonly seconds: number
  /** Of the comparison after that, where it was asked for. */
  readonly checkSeconds: number
  /** Largest resident memory of the process, MiB. */
  readonly memory: number
  /** Processor time of the process, seconds. */
  readonly processor: number
  readonly moved: number
  readonly refused: number
}

export interface MoveLab extends AsyncDisposable, TwoSpaces {
  /** The accounts as the tools that are compared reach them. */
  readonly accounts: Readonly<Record<'source' | 'destination', Account>>
  /** A new move of everything, or with the `journal` of an earlier one a further pass. */
  move(options?: { readonly journal?: string } & Pick<Order, 'kinds' | 'compare'>): Promise<Outcome & { readonly journal: string }>
  /** `rclone` with this command and these paths: `old:…` and `new:…` are relative to the accounts' roots, others are of this machine. Answers seconds. */
  runRclone(...args: readonly string[]): Promise<number>
  /** Seconds that `rclone copy` takes, with app passwords as well. Paths are relative to the accounts' roots. */
  rclone(from: string, to: string, ...flags: readonly string[]): Promise<number>
}

/** `eachWayMs`: how far away both hosts seem. */
export async function openMoveLab(firstPort: number, { eachWayMs = 0, userIds = ['admin', 'admin'] }: { readonly eachWayMs?: number; readonly userIds?: readonly [string, string] } = {}): Promise<MoveLab> {
  build()
  const spaces = await openTwoSpaces({ releases: [release, release], firstPort, userIds })
  const proxies: Disposable[] = []
  const reached = async (account: AccountForTest, port: number): Promise<Account> => {
    if (eachWayMs === 0) return plain(account)
    proxies.push(await startBeside('slow-proxy.ts', port, new URL(account.url).port, eachWayMs))
    return { ...plain(account), url: `http://127.0.0.1:${port}` }
  }
  const accounts = { source: await reached(spaces.source, firstPort + 10), destination: await reached(spaces.destination, firstPort + 11) }
  const directory = mkdtempSync(join(tmpdir(), 'chaton-bench-move-'))
  let journals = 0
  return {
    ...spaces,
    accounts,
    async move({ journal = join(directory, `journal-${++journals}.sqlite`), ...order } = {}) {
      return { ...(await moveOnce({ ...accounts, journal, ...order })), journal }
    },
    runRclone: async (...args) => await rclone(accounts, args),
    rclone: async (from, to, ...flags) => await rclone(accounts, ['copy', `old:${from}`, `new:${to}`, ...flags]),
    async [Symbol.asyncDispose]() {
      for (const proxy of proxies) proxy[Symbol.dispose]()
      await spaces[Symbol.asyncDispose]()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

const plain = ({ url, userId, password }: AccountForTest): Account => ({ url, userId, password })

export async function moveOnce(order: Order): Promise<Outcome> {
  const text = await output(spawn(process.execPath, [child], { stdio: ['pipe', 'pipe', 'inherit'] }), `${JSON.stringify(order)}\n`)
  const outcome = JSON.parse(text) as Outcome
  if (order.kinds === undefined && outcome.refused > 0) throw new Error(`the move refused ${outcome.refused}, or they differ`)
  return outcome
}

async function rclone({ source, destination }: MoveLab['accounts'], args: readonly string[]): Promise<number> {
  const env = { PATH: process.env['PATH'], RCLONE_CONFIG: '/dev/null', ...remoteOf('OLD', source), ...remoteOf('NEW', destination) }
  const began = performance.now()
  await output(spawn('rclone', args, { env, stdio: ['pipe', 'pipe', 'inherit'] }), '')
  return (performance.now() - began) / 1000
}

function remoteOf(name: string, { url, userId, password }: Account): Record<string, string> {
  const { stdout } = spawnSync('rclone', ['obscure', '-'], { input: password, encoding: 'utf8' })
  const settings = { TYPE: 'webdav', URL: `${url}/remote.php/dav/files/${userId}`, VENDOR: 'nextcloud', USER: userId, PASS: stdout.trim() }
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [`RCLONE_CONFIG_${name}_${key}`, value]))
}

async function output(running: ReturnType<typeof spawn>, input: string): Promise<string> {
  let text = ''
  running.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  running.stdin?.end(input)
  const code = await new Promise<number | null>((done, failed) => running.on('close', done).on('error', failed))
  if (code !== 0) throw new Error(`${running.spawnargs.slice(0, 2).join(' ')} ended with ${code}`)
  return text
}
