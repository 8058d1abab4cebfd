import { stat } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { asChatonError, ChatonError, exitCodes, hasSystemCode, type ErrorCode } from '../../src/kit/errors.ts'
import { silentLogger } from '../../src/kit/log.ts'

describe('ChatonError', () => {
  it('says who can act by its code, unless told', () => {
    expect(new ChatonError('bad-input', 'x').actor).toBe('user')
    expect(new ChatonError('remote-failed', 'x').actor).toBe('remote')
    expect(new ChatonError('no-room', 'x').actor).toBe('hoster')
    expect(new ChatonError('no-room', 'x', { actor: 'user' }).actor).toBe('user')
  })

  it('is not retryable and has nothing next, unless told', () => {
    const cause = new Error('deep')
    const plain = new ChatonError('conflict', 'x')
    const full = new ChatonError('conflict', 'x', { retryable: true, next: ['wait'], cause, data: { a: 1 } })

    expect(plain).toMatchObject({ retryable: false, next: [], data: {} })
    expect(plain).not.toHaveProperty('cause')
    expect(full).toMatchObject({ name: 'ChatonError', retryable: true, next: ['wait'], data: { a: 1 }, cause })
  })

  it('knows an exit code for each error, each its own, none that a shell uses', () => {
    const exits = Object.values(exitCodes).map(({ exit }) => exit)

    expect(new Set(exits).size).toBe(exits.length)
    for (const exit of exits) expect(exit === 130 || (exit >= 0 && exit < 64)).toBe(true)
    for (const code of Object.keys(exitCodes).filter((name) => name !== 'ok')) {
      expect(new ChatonError(code as ErrorCode, 'x').actor).toMatch(/^(user|hoster|remote|bug)$/)
    }
  })
})

describe('asChatonError', () => {
  it('keeps ours and calls the rest a bug', () => {
    const ours = new ChatonError('conflict', 'x')
    const other = new TypeError('y is not a function')

    expect(asChatonError(ours)).toBe(ours)
    expect(asChatonError(other)).toMatchObject({ code: 'bug', message: 'y is not a function', cause: other })
    expect(asChatonError('thrown text')).toMatchObject({ code: 'bug', message: 'thrown text' })
    expect(asChatonError(undefined)).toMatchObject({ code: 'bug', message: 'undefined' })
  })
})

describe('hasSystemCode', () => {
  it('knows errors of the operating system by their code', async () => {
    const error: unknown = await stat('/nonexistent/file').catch((thrown: unknown) => thrown)

    expect(hasSystemCode(error, 'EACCES', 'ENOENT')).toBe(true)
    expect(hasSystemCode(error, 'EACCES')).toBe(false)
    expect(hasSystemCode('ENOENT', 'ENOENT')).toBe(false)
  })
})

it('a silent logger says nothing', () => {
  expect(silentLogger.isLevelEnabled('fatal')).toBe(false)
})
