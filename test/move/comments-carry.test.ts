import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ChatonError } from '../../src/kit/errors.ts'
import type { CommentFacts } from '../../src/move/comments/items.ts'
import { carryThread } from '../../src/move/comments/write.ts'
import type { Item } from '../../src/move/journal.ts'
import type { FileComment, RemoteComments } from '../../src/nextcloud/comments/contract.ts'
import { newJournal } from './support/accounts.ts'
import { contextFor, type ContextForTest } from './support/context.ts'
import { MemoryFiles } from './support/memory-files.ts'

let journal: ReturnType<typeof newJournal>
let context: ContextForTest
let there: FileComment[]
/** Called when a comment has been stored, before the answer. */
let stored: () => void

const to: RemoteComments = {
  on: async () => await Promise.resolve([...there]),
  add: async (_fileId, message) => {
    const comment = at(String(100 + there.length), message)
    there.push(comment)
    stored()
    return await Promise.resolve(comment.id)
  },
  remove: async (_fileId, id) => {
    there = there.filter((comment) => comment.id !== id)
    await Promise.resolve()
  },
}

const at = (id: string, message: string, actorId = 'camille'): FileComment => ({ id, message, verb: 'comment', actorType: 'users', actorId, actorName: actorId, createdAt: new Date(0) })

function planned(number: number, text: string, fields: Partial<Item> = {}, facts: Partial<CommentFacts> = {}): Item {
  const extra: CommentFacts = { path: 'a.txt', number, texts: [text], written: [], old: [], ...facts }
  return { key: `5/${String(number).padStart(12, '0')}`, state: 'found', sourceId: String(number), sourceMark: '', destinationKey: 'a.txt', destinationId: '50', destinationMark: undefined, bytes: 0, extra: { ...extra }, reason: undefined, next: undefined, pass: 1, ...fields }
}

const carry = async () => await carryThread({ context, to, items: [...context.journal.walk('comments')] })
const states = () => [...context.journal.walk('comments')].map(({ state }) => state)
const messages = () => there.map(({ message }) => message)

beforeEach(() => {
  journal = newJournal()
  const files = new MemoryFiles()
  context = contextFor({ source: files, destination: files, journal: journal.path })
  there = []
  stored = () => undefined
})
afterEach(() => {
  context[Symbol.dispose]()
  journal[Symbol.dispose]()
})

describe('comments of a file', () => {
  test('are written in their order, also two that say the same', async () => {
    for (const [index, text] of ['+1', 'and', '+1'].entries()) context.journal.put('comments', planned(index + 1, text))

    await carry()

    expect([messages(), states()]).toEqual([['+1', 'and', '+1'], ['moved', 'moved', 'moved']])
  })

  test('that were there before are not written again, and not ours', async () => {
    there = [at('9', 'same'), at('10', 'other', 'lou')]
    for (const [index, text] of ['same', 'other'].entries()) context.journal.put('comments', planned(index + 1, text))

    await carry()

    expect([messages(), states()]).toEqual([['same', 'other', 'other'], ['there', 'moved']])
  })

  test('whose answer is lost are looked for before the next attempt', async () => {
    context.journal.put('comments', planned(1, 'once'))
    stored = () => {
      stored = () => undefined
      throw new ChatonError('remote-failed', 'no answer', { retryable: true })
    }

    await carry()

    expect([messages(), states()]).toEqual([['once'], ['moved']])
  })

  test.each([1, 2, 3])('are there once after a kill behind number %i', async (killed) => {
    for (const [index, text] of ['+1', '+1', 'end'].entries()) context.journal.put('comments', planned(index + 1, text))
    stored = () => {
      if (there.length === killed) throw new ChatonError('interrupted', 'killed')
    }
    await expect(carry()).rejects.toThrow('killed')
    stored = () => undefined

    await carry()

    expect([messages(), states()]).toEqual([['+1', '+1', 'end'], ['moved', 'moved', 'moved']])
  })

  test('that are gone are taken away, but for those that somebody has changed since', async () => {
    there = [at('7', 'as written'), at('8', 'corrected here'), at('9', 'as written', 'lou')]
    context.journal.put('comments', planned(1, '', { state: 'gone' }, { old: [{ id: '7', text: 'as written' }] }))
    context.journal.put('comments', planned(2, '', { state: 'gone' }, { old: [{ id: '8', text: 'wrong' }] }))

    await carry()

    expect([messages(), states()]).toEqual([['corrected here', 'as written'], []])
  })

  test('that a server refuses are told, and those that were carried stay so', async () => {
    context.journal.put('comments', planned(1, 'before', { state: 'moved' }, { written: [{ id: '7', text: 'before' }] }))
    context.journal.put('comments', planned(2, 'new'))
    stored = () => {
      throw new ChatonError('remote-failed', 'writing a comment: the server answered 400', { data: { status: 400 } })
    }

    await carry()

    expect([...context.journal.walk('comments')].map(({ state, reason }) => [state, reason])).toEqual([
      ['moved', undefined],
      ['refused', 'writing a comment: the server answered 400'],
    ])
  })
})
