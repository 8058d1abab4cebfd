import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import type { StreamRequest } from '../../src/kit/http-stream.ts'
import type { Remote } from '../../src/nextcloud/remote.ts'
import { withSessions } from '../../src/nextcloud/sessions.ts'

/** Gives each visitor without a cookie a new session; answers are open until their bodies are read. */
function server() {
  const seen: string[] = []
  let sessions = 0
  const remote: Remote = {
    base: 'https://cloud.example',
    uid: 'ann',
    facts: { version: '32.0.1', major: 32, capabilities: {} },
    async send(_path, options: StreamRequest = {}) {
      const cookie = options.headers?.['cookie'] ?? ''
      seen.push(cookie)
      const status = cookie === 'session=2' ? 401 : 200
      const headers: Record<string, string> = cookie === '' ? { 'set-cookie': `session=${++sessions}; path=/; expires=Wed, 21-Oct-2026 07:28:00 GMT; HttpOnly` } : {}
      return await Promise.resolve({ status, headers, body: Readable.from(['x']) })
    },
  }
  return { remote: withSessions(remote), seen }
}

const finished = async (answer: Awaited<ReturnType<Remote['send']>>): Promise<void> => {
  answer.body.resume()
  await new Promise((resolve) => answer.body.once('close', resolve))
}

test('a session is used again, by one request at a time', async () => {
  const { remote, seen } = server()
  await finished(await remote.send('/a'))
  const open = await remote.send('/b')
  await finished(await remote.send('/c'))
  await finished(open)

  expect(seen).toEqual(['', 'session=1', ''])
})

test('a session that is refused is not used again', async () => {
  const { remote, seen } = server()
  const first = await remote.send('/a')
  await finished(await remote.send('/b'))
  await finished(await remote.send('/c'))
  await finished(await remote.send('/d'))
  await finished(first)

  expect(seen).toEqual(['', '', 'session=2', ''])
})

test('a POST goes without a session, which it would end', async () => {
  const { remote, seen } = server()
  await finished(await remote.send('/a'))
  await finished(await remote.send('/bulk', { method: 'POST' }))

  expect(seen).toEqual(['', ''])
})
