import { z } from 'zod'
import { ChatonError } from '../kit/errors.ts'
import { askAs, unexpected, type Connection } from './connection.ts'
import { parseJson } from './status.ts'

const Envelope = z.looseObject({
  ocs: z.looseObject({
    meta: z.looseObject({ statuscode: z.coerce.number(), message: z.string().nullish() }),
    data: z.unknown(),
  }),
})

export interface OcsRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Sent as a form. */
  readonly form?: Readonly<Record<string, string>>
}

export interface OcsAnswer {
  readonly status: number
  /** `ocs.meta.statuscode`: HTTP-like on v2, 100 for success on v1. */
  readonly statusCode: number
  readonly message: string
  readonly data: unknown
}

/** One OCS v2 call; `path` starts after `/ocs/v2.php`. Any status with an OCS envelope is an answer. */
export async function callOcs(connection: Connection, path: string, options: OcsRequest = {}): Promise<OcsAnswer> {
  const form = options.form === undefined ? {} : { body: new URLSearchParams({ ...options.form }).toString() }
  const response = await askAs(connection, `/ocs/v2.php${path}${path.includes('?') ? '&' : '?'}format=json`, {
    method: options.method ?? 'GET',
    ...form,
    headers: options.form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' },
  })
  const parsed = Envelope.safeParse(parseJson(response.text))
  if (!parsed.success) throw unexpected(`OCS ${path}`, response)
  const { meta, data } = parsed.data.ocs
  return { status: response.status, statusCode: meta.statuscode, message: meta.message ?? '', data }
}

async function readOcs<T>(connection: Connection, path: string, schema: z.ZodType<T>): Promise<T> {
  const answer = await callOcs(connection, path)
  if (answer.status !== 200) {
    throw new ChatonError('remote-failed', `OCS ${path}: the server answered ${answer.status} (${answer.message})`, { data: { status: answer.status } })
  }
  const parsed = schema.safeParse(answer.data)
  if (parsed.success) return parsed.data
  throw new ChatonError('remote-failed', `OCS ${path}: the answer has another shape than expected`, { cause: parsed.error })
}

export const Capabilities = z.looseObject({
  version: z.looseObject({ major: z.number(), string: z.string() }),
  capabilities: z.record(z.string(), z.unknown()),
})
export type Capabilities = z.infer<typeof Capabilities>

export const readCapabilities = (connection: Connection): Promise<Capabilities> => readOcs(connection, '/cloud/capabilities', Capabilities)

/** An account as the provisioning API shows it. `quota.quota` is bytes, or negative where there is none. */
export const User = z.looseObject({
  id: z.string(),
  enabled: z.boolean().default(true),
  email: z.string().nullish(),
  displayname: z.string().optional(),
  'display-name': z.string().optional(),
  groups: z.array(z.string()).default([]),
  quota: z
    .looseObject({ quota: z.union([z.number(), z.string()]).optional(), used: z.coerce.number().default(0), free: z.coerce.number().optional() })
    .or(z.array(z.never()).transform(() => ({ used: 0 })))
    .optional(),
})
export type User = z.infer<typeof User>

/** The account that is signed in. Its `id` is the name in DAV paths, whatever name it signed in with. */
export const readOwnUser = (connection: Connection): Promise<User> => readOcs(connection, '/cloud/user', User)
