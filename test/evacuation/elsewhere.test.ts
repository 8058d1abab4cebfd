import { rm } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { elsewhereLines, peopleElsewhere } from '../../src/evacuation/elsewhere.ts'
import { hostOf } from '../../src/evacuation/places.ts'
import { systemClock } from '../../src/kit/clock.ts'
import { HttpClient } from '../../src/kit/http-stream.ts'
import { nextcloudHosts } from '../../src/move/nextcloud-hosts.ts'
import { provision } from '../conformance/engine-steps.ts'
import { sandboxForTest } from '../engine/sandbox/setup.ts'

test('an administrator elsewhere lists accounts; anybody else is told what is needed', async () => {
  const { engine, newTarget, directory } = await sandboxForTest()
  const target = newTarget()
  await provision(engine, target)
  await engine.invite(target, { userId: 'lou', displayName: 'Lou', email: 'lou@example.org', locale: 'fr' })
  using http = new HttpClient()
  const hosts = nextcloudHosts({ http, clock: systemClock, agent: 'test' })
  const list = async (userId: string) => {
    const { password } = await engine.createAppPassword(target, userId, 'test')
    return await peopleElsewhere(hosts, engine.address(target).url, { signIn: async () => await Promise.resolve({ name: userId, password }), allowPlainHttp: false })
  }
  try {
    const people = await list(target.administrator)
    expect(people.accounts.find(({ userId }) => userId === 'lou')).toMatchObject({ displayName: 'Lou', email: 'lou@example.org', enabled: true })
    expect(elsewhereLines(people, 'jardin').join('\n')).toMatch(/lou \(Lou, lou@example.org\)[\s\S]*chaton move\n.*chaton account invite jardin/)
    await expect(list('lou')).rejects.toThrow('"lou" is no administrator of')
  } finally {
    await engine.remove(target)
    await rm(directory, { recursive: true, force: true })
  }
})

test.each([
  ['jardin', undefined],
  ['nuage.example.org', 'nuage.example.org'],
  ['https://nuage.example.org/nextcloud', 'nuage.example.org'],
  ['127.0.0.1:8080', '127.0.0.1:8080'],
  ['http://[::1', undefined],
])('host of %s', (given, host) => {
  expect(hostOf(given)).toBe(host)
})
