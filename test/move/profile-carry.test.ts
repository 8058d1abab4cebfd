import { describe, expect, test } from 'vitest'
import { profile } from '../../src/move/profile/index.ts'
import type { Remote } from '../../src/nextcloud/remote.ts'
import { failureOf } from '../support/failures.ts'
import { moveBetween, newJournal, patientClock } from './support/accounts.ts'
import { meddled, type Instead } from './support/meddle.ts'

interface Server {
  readonly remote: Remote
  readonly fields: Record<string, string>
  /** The status app: a message, none, or what it answers in place of one. */
  status: string | undefined | Instead
}

const envelope = (data: unknown): Instead => ({ status: 200, text: JSON.stringify({ ocs: { meta: { statuscode: 200 }, data } }) })
const broken: Instead = { status: 500, text: JSON.stringify({ ocs: { meta: { statuscode: 996, message: 'no time zone' }, data: [] } }) }

function server(fields: Record<string, string>, status?: Server['status']): Server {
  const empty: Remote = { base: 'https://cloud.example', uid: 'lou', facts: { version: '32.0.1', major: 32, capabilities: { user_status: {} } }, send: async () => await Promise.reject(new Error('not in this test')) }
  const made: Server = {
    fields,
    status,
    remote: meddled(empty, ({ method, path, body }) => {
      const form = new URLSearchParams(body)
      if (path.startsWith('/index.php/avatar/')) return { status: 404 }
      if (path.includes('/user_status')) return statusAnswer(made, method, form)
      if (method === 'PUT') fields[form.get('key') ?? ''] = form.get('value') ?? ''
      return envelope(method === 'PUT' ? [] : fields)
    }),
  }
  return made
}

function statusAnswer(made: Server, method: string, form: URLSearchParams): Instead {
  if (typeof made.status === 'object') return made.status
  if (method === 'PUT') made.status = form.get('message') ?? ''
  return made.status === undefined ? { status: 404 } : envelope({ message: made.status, icon: null, messageId: null, messageIsPredefined: false, clearAt: null })
}

const mine = { displayname: 'Lou', phone: '+33 1' }
const nobody = { displayname: 'lou', phone: '' }

const between = (here: Server, there: Server, journal: string) => moveBetween({ source: here.remote, destination: there.remote, journal, clock: patientClock() })

describe('a status app that fails', () => {
  const why = 'the server answered 500 (no time zone)'
  const what = 'Profile: status message'
  const atTheOldHost = { what, reason: `the old host fails to show it: /apps/user_status/api/v1/user_status: ${why}`, next: 'tell the old host and run the move again, or set it yourself at the new host' }
  const atTheNewHost = { what, reason: `the new host fails to show what is there: /apps/user_status/api/v1/user_status: ${why}`, next: 'tell the new host and run the move again, or set it there yourself' }

  test('at the old host: the rest moves, the status is refused by name; it moves once the app works', async () => {
    const [here, there] = [server(mine, broken), server({ ...nobody })]
    using journal = newJournal()
    using move = between(here, there, journal.path)
    expect(await profile.inventory(move)).toEqual({ count: 2, left: [atTheOldHost] })
    expect(await profile.run(move)).toEqual({ moved: 2, alreadyThere: 0, refused: [atTheOldHost] })
    expect(there.fields).toEqual(mine)
    expect(await profile.verify(move)).toEqual({ checked: 2, differing: [] })

    here.status = 'au jardin'
    expect(await profile.run(move)).toEqual({ moved: 3, alreadyThere: 0, refused: [] })
    expect(there.status).toBe('au jardin')
  })

  test('at the new host: the rest moves, the status is refused by name', async () => {
    const [here, there] = [server(mine, 'au jardin'), server({ ...nobody }, broken)]
    using journal = newJournal()
    using move = between(here, there, journal.path)
    expect(await profile.run(move)).toEqual({ moved: 2, alreadyThere: 0, refused: [atTheNewHost] })
    expect(there.fields).toEqual(mine)
    expect(await profile.verify(move)).toEqual({ checked: 2, differing: [] })
  })

  test('after it was carried: it stays carried, and the comparison says why it could not look', async () => {
    const [here, there] = [server(mine, 'au jardin'), server({ ...nobody })]
    using journal = newJournal()
    using move = between(here, there, journal.path)
    await profile.run(move)
    here.status = broken
    expect(await profile.run(move)).toEqual({ moved: 3, alreadyThere: 0, refused: [] })
    expect(await profile.verify(move)).toEqual({ checked: 2, differing: [atTheOldHost] })
  })

  test('only where it is set: it is refused, and nothing else', async () => {
    const [here, there] = [server(mine, 'au jardin'), server({ ...nobody })]
    const remote = meddled(there.remote, ({ method, path }) => (method === 'PUT' && path.includes('/user_status') ? { status: 500 } : undefined))
    using journal = newJournal()
    using move = between(here, { ...there, remote }, journal.path)
    expect(await profile.run(move)).toEqual({ moved: 2, alreadyThere: 0, refused: [{ what, reason: 'the new host does not take it: changing the profile: the server answered 500', next: 'fill it in there, under Settings, Personal info' }] })
  })

  test.each([401, 503])('with %i, which is not about the app, stops the kind', async (status) => {
    using journal = newJournal()
    using move = between(server(mine, { status }), server({ ...nobody }), journal.path)
    expect(await failureOf(profile.run(move))).toMatchObject({ data: { status } })
  })
})
