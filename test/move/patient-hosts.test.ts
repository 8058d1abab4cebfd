import { expect, test } from 'vitest'
import type { Clock } from '../../src/kit/clock.ts'
import { ChatonError } from '../../src/kit/errors.ts'
import { patientHosts } from '../../src/move/patient-hosts.ts'
import { failureOf } from '../support/failures.ts'
import { fakeHosts, type FakeHosts } from './fake-hosts.ts'

const address = 'https://old.example'
const signIn = { name: 'camille', password: 'secret' }

function withClock(each: { readonly lasts: number }, mute = 0): { readonly hosts: FakeHosts; readonly patient: ReturnType<typeof patientHosts>; readonly waits: number[] } {
  const hosts = fakeHosts({ [address]: { accounts: ['camille'], mute } })
  hosts.tokens.add(`${address} camille secret`)
  const waits: number[] = []
  let now = 0
  const clock: Clock = { now: () => new Date((now += each.lasts)), sleep: async (milliseconds) => await Promise.resolve(void waits.push(milliseconds)) }
  return { hosts, patient: patientHosts(hosts, clock), waits }
}

test('a connection that breaks twice is tried a third time', async () => {
  const { patient, waits } = withClock({ lasts: 10 }, 2)
  expect(await patient.open({ address }, signIn)).toMatchObject({ identity: `${address}#camille` })
  expect(waits).toEqual([500, 1500])
})

test('one that breaks each time is told', async () => {
  const { patient, hosts, waits } = withClock({ lasts: 10 }, 9)
  expect(await failureOf(patient.open({ address }, signIn))).toMatchObject({ code: 'remote-failed', retryable: true })
  expect([waits.length, hosts.servers[address]?.mute]).toEqual([2, 6])
})

test('a wrong password is said once: servers count', async () => {
  const { patient, waits } = withClock({ lasts: 10 })
  expect(await failureOf(patient.open({ address }, { ...signIn, password: 'wrong' }))).toMatchObject({ data: { status: 401 } })
  expect(waits).toEqual([])
})

test('a silence that was long is not waited for again', async () => {
  const { patient, waits } = withClock({ lasts: 20_000 }, 1)
  expect(await failureOf(patient.open({ address }, signIn))).toBeInstanceOf(ChatonError)
  expect(waits).toEqual([])
})

test('finding a host, and asking it for a sign-in, are repeated as well', async () => {
  const { patient, hosts, waits } = withClock({ lasts: 10 })
  Object.assign(hosts.servers[address] ?? {}, { down: true })
  await failureOf(patient.find(address, { allowPlainHttp: false }))
  await failureOf(patient.beginSignIn({ address, version: '32.0.1' }))
  expect(waits).toHaveLength(4)
})
