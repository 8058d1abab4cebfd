import { describe, expect, test } from 'vitest'
import { mostCharacters, type FileComment } from '../../src/nextcloud/comments/contract.ts'
import { factsOf, merged, type CommentFacts } from '../../src/move/comments/items.ts'
import { quiet, textsFor } from '../../src/move/comments/text.ts'
import { difference } from '../../src/move/comments/verify.ts'
import { markOf } from '../../src/move/groupware/mark.ts'
import type { Item } from '../../src/move/journal.ts'

const comment: FileComment = { id: '7', message: 'Bonjour', verb: 'comment', actorType: 'users', actorId: 'lou', actorName: 'Lou', createdAt: new Date('2024-03-12T22:00:00Z') }
/** As servers since 34 find mentions (Comment::getMentions). */
const mentions = /\B(?<![^a-z0-9_\-@.'\s])@("(guest|email)\/[a-f0-9]+"|"(?:federated_)?(?:group|team|user){1}\/[a-z0-9_\-@.' /:]+"|"[a-z0-9_\-@.' ]+"|[a-z0-9_\-@.']+)/i

describe('the text of a comment', () => {
  test.each([
    ['fr', false, 'Lou, 12 mars 2024\u00A0:\nBonjour'],
    ['en', false, 'Lou, 12 March 2024:\nBonjour'],
    ['fr', true, '12 mars 2024\u00A0:\nBonjour'],
  ] as const)('says who wrote it and when (%s, own: %s)', (language, own, text) => {
    expect(textsFor({ comment, own, language })).toEqual([text])
  })

  test.each([
    [{ actorName: undefined }, 'lou, 12 March 2024:\nBonjour'],
    [{ actorName: undefined, actorType: 'deleted_users', actorId: 'deleted_users' }, 'a deleted account, 12 March 2024:\nBonjour'],
    [{ createdAt: new Date('') }, 'Lou, unknown date:\nBonjour'],
    [{ actorName: 'Lou\nde la @compta' }, 'Lou de la @\u2060compta, 12 March 2024:\nBonjour'],
  ])('names authors and days as far as they are known: %j', (other, text) => {
    expect(textsFor({ comment: { ...comment, ...other }, own: false, language: 'en' })).toEqual([text])
  })

  test.each(['@lou', 'Merci @lou !', '@"lou martin"', '@@lou', 'é@lou', '(@lou)', '@"group/les chats"', '@"federated_user/lou@nuage.example"', "@'lou", '@-lou'])('mentions nobody: %s', (message) => {
    expect(quiet(message)).not.toMatch(mentions)
    expect(quiet(message).replaceAll('\u2060', '')).toBe(message)
  })

  test('leaves addresses as they are', () => {
    expect(quiet('écrire à lou@example.org')).toBe('écrire à lou@example.org')
  })

  test.each([1000, 2500])('of %i characters becomes parts that a server takes', (length) => {
    const message = Array.from({ length }, (_, index) => (index % 9 === 8 ? ' ' : index % 50 === 3 ? '🐈' : 'a')).join('').trim()
    const parts = textsFor({ comment: { ...comment, message }, own: false, language: 'fr' })

    expect(parts.map((part) => Array.from(part).length).filter((characters) => characters > mostCharacters)).toEqual([])
    expect(parts[0]).toMatch(new RegExp(`^Lou, 12 mars 2024 \\(1/${parts.length}\\)\u00A0:\n`))
    expect(parts.map((part) => part.slice(part.indexOf('\n') + 1)).join(' ')).toBe(message)
  })

  test('of 990 characters without a blank is cut all the same', () => {
    expect(textsFor({ comment: { ...comment, message: 'x'.repeat(990) }, own: false, language: 'en' }).map((part) => part.slice(part.indexOf('\n') + 1)).join('')).toBe('x'.repeat(990))
  })
})

const item = (fields: Partial<Item>, facts: Partial<CommentFacts> = {}): Item => ({
  key: '5/000000000007', state: 'found', sourceId: '7', sourceMark: markOf({ message: 'Bonjour' }), destinationKey: 'a.txt', destinationId: '50', destinationMark: undefined, bytes: 0,
  extra: { path: 'a.txt', number: 7, texts: ['new'], written: [], old: [], ...facts }, reason: undefined, next: undefined, pass: 2, ...fields,
})

describe('a comment in a later pass', () => {
  const written = [{ id: '90', text: 'old' }]

  test('stays as it was carried', () => {
    const known = item({ state: 'moved', pass: 1 }, { texts: ['old'], written })

    expect(merged(known, item({}))).toEqual({ ...known, pass: 2 })
  })

  test('is written anew where it has changed, and the earlier one taken away', () => {
    const known = item({ state: 'moved', sourceMark: 'other' }, { texts: ['old'], written })

    expect(merged(known, item({}))).toMatchObject({ state: 'found', extra: { texts: ['new'], written: [], old: written } })
  })

  test('is written to the file that is now in the place of the other', () => {
    expect(factsOf(merged(item({ state: 'moved', destinationId: '49' }, { written }), item({})))).toMatchObject({ written: [], old: [] })
  })
})

describe('comparison', () => {
  test.each([
    ['all parts there', item({ state: 'moved' }), ['new', 'other'], undefined],
    ['gone at the destination', item({ state: 'moved' }), ['other'], 'the comment is at the source and not at the destination'],
    ['changed at the source', item({ state: 'moved', sourceMark: 'old' }), ['new'], 'it changed at the source since it was carried'],
    ['refused before', item({ state: 'refused' }), [], undefined],
    ['new at the source', undefined, [], 'it was written at the source since the others were carried'],
  ])('%s', (_name, known, there, reason) => {
    expect(difference(comment, known, new Set(there))).toBe(reason)
  })
})
