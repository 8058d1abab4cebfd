import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ChatonError, exitCodes, type ErrorCode } from '../../kit/errors.ts'
import { converse, type Conversation } from '../../kit/exec.ts'
import { readTextIfExists, writeFileAtomic } from '../../kit/files.ts'
import { randomWord } from '../../kit/random.ts'
import type { HostSpace } from './names.ts'
import type { SpaceProcesses } from './parts.ts'

const templates = join(import.meta.dirname, '../../../templates/host')
const scripts = ['agent.php', 'install.php', 'owner.php'] as const

/** Puts our PHP scripts where the space's PHP may read them: beside config.php, inside the fence of open_basedir. */
export async function placeScripts(space: HostSpace): Promise<void> {
  for (const name of scripts) {
    const path = join(space.paths.config, name)
    const text = await readFile(join(templates, name), 'utf8')
    if ((await readTextIfExists(path)) !== text) await writeFileAtomic(path, text, { mode: 0o640, owner: { uid: 0, gid: space.owner.gid } })
  }
}

export interface AgentDeps {
  /** PHP's command line. */
  readonly php: () => Promise<string>
  readonly processes: Pick<SpaceProcesses, 'commandLineSettings'>
  /** Done before the process of a space starts: Nextcloud looks for its Redis once, while it loads. */
  readonly prepare?: (space: HostSpace) => Promise<void>
}

const Answer = z.object({ id: z.number(), ok: z.boolean(), result: z.unknown().optional(), code: z.string().optional(), message: z.string().optional() })
type Answer = z.infer<typeof Answer>

interface Waiting {
  resolve(result: unknown): void
  reject(error: ChatonError): void
}

/**
 * Nextcloud takes settings from `NC_…` variables before config.php. The only passwords the agent sets are random ones of
 * 40 characters that nobody is told: guessing one is hopeless at any cost of hashing. A person's own password is set
 * through the web and hashed at Nextcloud's full cost.
 */
const quickHash = { NC_hashingMemoryCost: '8', NC_hashingTimeCost: '1', NC_hashingThreads: '1' }

const idleMs = 3000
const answerMs = 300_000

/**
 * One PHP process for each space that is worked on: it has Nextcloud loaded, so that a question costs milliseconds and
 * not a start of PHP. It ends a few seconds after the last question, and with us in any case.
 */
export class Agents {
  readonly #deps: AgentDeps
  readonly #sessions = new Map<string, Promise<Session>>()

  constructor(deps: AgentDeps) {
    this.#deps = deps
  }

  /** Starts the process ahead of the first question. */
  warm(space: HostSpace): void {
    this.call(space, 'ping', {}, z.literal(true)).catch(() => {
      // The next question meets the same trouble and tells it.
    })
  }

  async call<T>(space: HostSpace, op: string, args: Readonly<Record<string, unknown>>, schema: z.ZodType<T>): Promise<T> {
    const session = await this.#session(space)
    return schema.parse(await session.ask(op, args))
  }

  /** Ends the process of a space, for example because its settings changed. Repeatable. */
  async close(id: string): Promise<void> {
    const session = this.#sessions.get(id)
    this.#sessions.delete(id)
    await (await session?.catch(() => undefined))?.end()
  }

  /** Ends all of them: a command that is done does not wait until they end by themselves. */
  async closeAll(): Promise<void> {
    await Promise.all([...this.#sessions.keys()].map(async (id) => await this.close(id)))
  }

  async #session(space: HostSpace): Promise<Session> {
    const known = this.#sessions.get(space.names.id)
    if (known !== undefined && !(await known).over) return await known
    const started = this.#start(space)
    this.#sessions.set(space.names.id, started)
    started.catch(() => this.#sessions.delete(space.names.id))
    return await started
  }

  async #start(space: HostSpace): Promise<Session> {
    await this.#deps.prepare?.(space)
    const mark = `\u001E${randomWord(12)} `
    const script = join(space.paths.config, 'agent.php')
    const args = [...this.#deps.processes.commandLineSettings(space), script, space.release, mark]
    const conversation = converse(await this.#deps.php(), args, { as: space.owner, cwd: space.release, env: { ...quickHash, NEXTCLOUD_CONFIG_DIR: space.paths.config } })
    return new Session(conversation, mark, space.target.slug)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

class Session {
  readonly #conversation: Conversation
  readonly #slug: string
  readonly #waiting = new Map<number, Waiting>()
  #next = 1
  #idle: NodeJS.Timeout | undefined
  over = false

  constructor(conversation: Conversation, mark: string, slug: string) {
    this.#conversation = conversation
    this.#slug = slug
    conversation.onLine((line) => {
      const at = line.indexOf(mark)
      if (at === -1) return
      const answer = Answer.safeParse(parsed(line.slice(at + mark.length)))
      if (answer.success) this.#take(answer.data)
      else this.#fail('it gave an answer that cannot be read')
    })
    void conversation.ended.then(({ stderr }) => this.#fail(`PHP ended before it answered${stderr.trim() === '' ? '' : `:\n${stderr.trim()}`}`))
  }

  async ask(op: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
    const id = this.#next++
    clearTimeout(this.#idle)
    this.#conversation.setRef(true)
    const timer = setTimeout(() => {
      this.#fail(`PHP did not answer within ${answerMs / 1000} s`)
      this.#conversation.kill()
    }, answerMs).unref()
    try {
      return await new Promise((resolve, reject) => {
        if (this.over) throw this.#error('PHP has ended')
        this.#waiting.set(id, { resolve, reject })
        this.#conversation.send(JSON.stringify({ id, op, args }))
      })
    } finally {
      clearTimeout(timer)
      this.#rest()
    }
  }

  async end(): Promise<void> {
    this.over = true
    clearTimeout(this.#idle)
    this.#conversation.kill()
    await this.#conversation.ended
  }

  #rest(): void {
    if (this.#waiting.size > 0 || this.over) return
    this.#conversation.setRef(false)
    this.#idle = setTimeout(() => {
      this.over = true
      this.#conversation.close()
    }, idleMs).unref()
  }

  /** Answer 0 is about the start of Nextcloud and so about every question. */
  #take(answer: Answer): void {
    if (answer.id === 0) return this.#fail(answer.message ?? 'Nextcloud did not start')
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (answer.ok) waiting?.resolve(answer.result)
    else waiting?.reject(this.#error(answer.message ?? 'no reason given', answer.code))
  }

  #fail(message: string): void {
    this.over = true
    for (const waiting of this.#waiting.values()) waiting.reject(this.#error(message))
    this.#waiting.clear()
  }

  #error(message: string, word = 'remote-failed'): ChatonError {
    const code: ErrorCode = word in exitCodes && word !== 'ok' ? (word as ErrorCode) : 'remote-failed'
    if (code !== 'remote-failed') return new ChatonError(code, message)
    return new ChatonError(code, `the Nextcloud of "${this.#slug}" failed: ${message}`, {
      next: ['what it says itself is in nextcloud.log, in the log directory of the space', `chaton space show ${this.#slug}`],
    })
  }
}
