import { createHash } from 'node:crypto'
import type { Engine, SpaceTarget, StepResult } from '../../src/engine/contract.ts'
import { ask, propfind, type Answer, type Ask } from './wire.ts'

export interface EngineForTest {
  readonly engine: Engine
  /** A space that does not exist yet: pool of 50 MB, 4 accounts; fields of `wanted` replace these. */
  readonly newTarget: (wanted?: Partial<SpaceTarget>) => SpaceTarget
  readonly cleanup: () => Promise<void>
}

/** The steps of a provision in their order. */
export async function provision(engine: Engine, target: SpaceTarget): Promise<StepResult[]> {
  return [
    await engine.ensureDatabase(target),
    await engine.ensureVolume(target),
    await engine.ensureConfig(target),
    await engine.ensureApps(target),
    await engine.ensureOffice(target),
    await engine.ensureLimits(target),
    await engine.ensureAdministrator(target),
    await engine.ensureSite(target),
  ]
}

/** An account of a space, speaking WebDAV with an app password. */
export interface Person {
  readonly userId: string
  readonly password: string
  dav(method: string, path: string, options?: Ask): Promise<Answer>
  put(path: string, body: Buffer<ArrayBuffer> | string, headers?: Record<string, string>): Promise<number>
}

export async function signIn(engine: Engine, target: SpaceTarget, userId: string): Promise<Person> {
  const { password } = await engine.createAppPassword(target, userId, 'conformance')
  return person(engine, target, { userId, password })
}

export function person(engine: Engine, target: SpaceTarget, { userId, password }: { userId: string; password: string }): Person {
  const wire = () => ({ url: engine.address(target).url, user: userId, password })
  const dav = (method: string, path: string, options?: Ask): Promise<Answer> => ask(wire(), method, `/remote.php/dav/files/${encodeURIComponent(userId)}/${path}`, options)
  const put = async (path: string, body: Buffer<ArrayBuffer> | string, headers: Record<string, string> = {}): Promise<number> => (await dav('PUT', path, { body, headers })).status
  return { userId, password, dav, put }
}

/** Path of an invitation's link below the address at which this machine reaches the space. */
export function pathOfLink(engine: Engine, target: SpaceTarget, link: string): string {
  const base = new URL(engine.address(target).url).pathname.replace(/\/$/, '')
  return new URL(link).pathname.slice(base.length)
}

/** Opens an invitation as a browser does, with its cookies and the token against forged requests, and answers the page's form. */
export async function choosePassword(engine: Engine, target: SpaceTarget, link: string, password: string): Promise<{ status?: string; user?: string }> {
  return await choosePasswordAt(engine.address(target).url, pathOfLink(engine, target, link), password)
}

/** Status of those who come too often: servers take ten such forms from an address in five minutes (LostController.php). */
const tooMany = 'too many requests'

/** The same for a link's path below the address `url`. */
export async function choosePasswordAt(url: string, path: string, password: string): Promise<{ status?: string; user?: string }> {
  const page = await ask({ url, user: '', password: '' }, 'GET', path, { as: false })
  const answer = await ask({ url, user: '', password: '' }, 'POST', path.replace('/reset/form/', '/set/'), {
    as: false,
    headers: {
      'content-type': 'application/json',
      cookie: page.headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; '),
      requesttoken: /data-requesttoken="([^"]+)"/.exec(page.text)?.[1] ?? '',
    },
    body: JSON.stringify({ password, proceed: true }),
  })
  return page.status === 429 || answer.status === 429 ? { status: tooMany } : (JSON.parse(answer.text) as { status?: string; user?: string })
}

/** OCS as this account; the HTTP status and the code of the envelope (28 and 29 send XML to who is not signed in, whatever was asked for). */
export async function ocs(engine: Engine, target: SpaceTarget, who: Person, call: { method: string; path: string; form?: Record<string, string> }): Promise<{ http: number; code: number }> {
  const answer = await ask({ url: engine.address(target).url, user: who.userId, password: who.password }, call.method, `/ocs/v2.php/cloud/${call.path}?format=json`, {
    headers: { 'ocs-apirequest': 'true', 'content-type': 'application/x-www-form-urlencoded' },
    ...(call.form ? { body: new URLSearchParams(call.form).toString() } : {}),
  })
  return { http: answer.status, code: Number(/"?statuscode(?:":|>)(\d+)/.exec(answer.text)?.[1]) }
}

/** Checksum and time of every file of the account, by path. */
export async function snapshot(engine: Engine, target: SpaceTarget, who: Person): Promise<Record<string, string>> {
  const base = `/remote.php/dav/files/${who.userId}/`
  const found = await propfind({ url: engine.address(target).url, user: who.userId, password: who.password }, base, 'getlastmodified resourcetype', 'infinity')
  const files = found.filter(({ props }) => props['resourcetype'] === '')
  const entries = await Promise.all(
    files.map(async ({ href, props }) => {
      const path = href.slice(href.indexOf(base) + base.length)
      const { bytes } = await who.dav('GET', path)
      return [path, `${createHash('sha256').update(bytes).digest('hex')} ${String(props['getlastmodified'])}`] as const
    }),
  )
  return Object.fromEntries(entries)
}
