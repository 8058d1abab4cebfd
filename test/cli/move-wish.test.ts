import { expect, test } from 'vitest'
import { optionsOf } from '../../src/cli/move/wish.ts'

test.each([
  [{}, {}],
  [{ only: 'files, contacts' }, { kinds: ['files', 'contacts'] }],
  [{ only: 'files', with: 'versions,trash' }, { kinds: ['files', 'versions', 'trash'] }],
  [{ only: 'files,tags,profile', without: 'tags' }, { kinds: ['files', 'profile'] }],
  [{ without: 'files' }, { kinds: ['calendars', 'contacts', 'profile'] }],
  [{ gentle: true }, { manner: 'gentle' }],
  [{ fast: true, allowHttp: true }, { manner: 'fast', allowPlainHttp: true }],
])('%j chooses %j', (flags, options) => {
  expect(optionsOf({ flags })).toEqual(options)
})

test.each([
  [{ with: 'versons' }, '--with: "versons" is not a kind of things that move', 'did you mean "versions"?'],
  [{ only: 'tags' }, 'without the files, nothing goes that belongs to files: tags', 'move the files, too: --only files,tags'],
  [{ only: 'contacts,favourites', with: 'versions' }, 'without the files, nothing goes that belongs to files: versions, favourites', 'move the files, too: --only files,contacts,favourites'],
  [{ with: 'trash', without: 'files' }, 'without the files, nothing goes that belongs to files: trash', 'take "files" out of --without, or leave these out, too'],
  [{ only: 'files,tags', without: 'files' }, 'without the files, nothing goes that belongs to files: tags', 'take "files" out of --without, or leave these out, too'],
  [{ only: 'contacts', without: 'contacts' }, '--only and --without leave nothing to move', 'name at least one of these with --only, and not with --without: files, versions, trash, favourites, tags, comments, albums, calendars, contacts, profile, shares'],
  [{ without: 'files,calendars,contacts,profile' }, '--only and --without leave nothing to move', 'name at least one of these with --only, and not with --without: files, versions, trash, favourites, tags, comments, albums, calendars, contacts, profile, shares'],
  [{ gentle: true, fast: true }, '--gentle and --fast say opposite things', 'give one of the two, or neither'],
])('%j is refused', (flags, message, next) => {
  expect(() => optionsOf({ flags })).toThrow(expect.objectContaining({ code: 'bad-input', message, next: [next] }))
})
