import { expect, test } from 'vitest'
import { optionsOf } from '../../src/cli/move/wish.ts'

test.each([
  [{}, {}],
  [{ only: 'files, contacts' }, { kinds: ['files', 'contacts'] }],
  [{ only: 'files', with: 'versions,trash' }, { kinds: ['files', 'versions', 'trash'] }],
  [{ only: 'files,tags,profile', without: 'tags' }, { kinds: ['files', 'profile'] }],
  [{ gentle: true }, { manner: 'gentle' }],
  [{ fast: true, allowHttp: true }, { manner: 'fast', allowPlainHttp: true }],
])('%j chooses %j', (flags, options) => {
  expect(optionsOf({ flags })).toEqual(options)
})

test.each([
  [{ with: 'versons' }, '--with: "versons" is not a kind of things that move', 'did you mean "versions"?'],
  [{ gentle: true, fast: true }, '--gentle and --fast say opposite things', 'give one of the two, or neither'],
])('%j is refused', (flags, message, next) => {
  expect(() => optionsOf({ flags })).toThrow(expect.objectContaining({ code: 'bad-input', message, next: [next] }))
})
