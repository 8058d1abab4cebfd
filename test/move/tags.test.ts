import { describe, expect, test } from 'vitest'
import { targetAfter, targetFor } from '../../src/move/tags/target.ts'
import { byName } from '../../src/move/tags/read.ts'

const tag = (id: string, name: string, canAssign = true, color?: string) => ({ id, name, canAssign, color })
const mine = tag('3', 'Urgent')

describe('the tag that stands for one of the source', () => {
  test.each([
    ['one of the same name', mine, [tag('8', 'urgent'), tag('9', 'Urgent')], { id: '9' }],
    ['the one that may be set, where several have the name', mine, [tag('8', 'Urgent', false), tag('9', 'Urgent')], { id: '9' }],
    ['a new one', mine, [tag('8', 'urgent')], 'make'],
  ])('is %s', (_name, from, there, target) => {
    expect(targetFor(from, there)).toEqual(target)
  })

  test.each([
    ['only administrators may set it there', mine, [tag('8', 'Urgent', false)], /^the new host lets only its administrators/],
    ['only administrators set it here, and there is none', tag('3', 'Archivé', false), [], /^only administrators put this tag on files at the old host/],
  ])('is none where %s', (_name, from, there, reason) => {
    expect(targetFor(from, there)).toMatchObject({ reason: expect.stringMatching(reason) as string })
  })

  test.each([
    ['forbidden', [], { reason: 'the new host has no tag of this name, and lets only administrators make one', next: 'ask the new host to make the tag "Urgent", then run the move again' }],
    ['taken', [tag('8', 'URGENT')], { id: '8' }],
    ['taken', [tag('8', 'URGENT', false)], { reason: 'the new host lets only its administrators put this tag on files', next: 'ask the new host to put the tag "Urgent" on them, or use another' }],
  ] as const)('after the server answered that making one is %s', (outcome, there, target) => {
    expect(targetAfter(mine, outcome, there)).toEqual(target)
  })
})

test('tags of one name are one', () => {
  expect(byName([tag('1', 'a', false), tag('2', 'b'), tag('3', 'a', true, '00ff00')])).toEqual([
    { name: 'a', ids: ['1', '3'], canAssign: true, color: '00ff00' },
    { name: 'b', ids: ['2'], canAssign: true, color: undefined },
  ])
})
