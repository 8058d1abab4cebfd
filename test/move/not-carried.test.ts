import { expect, test } from 'vitest'
import { notCarried } from '../../src/move/not-carried.ts'

test('apps whose data goes with files, calendars or contacts are not named; all others are, known or not', () => {
  const apps = [{ id: 'files', name: 'Fichiers' }, { id: 'notes', name: 'Notes' }, { id: 'spreed', name: 'Discussion' }, { id: 'unheard-of', name: 'Inconnue' }]

  const found = notCarried(apps)

  expect(found.map(({ app, what }) => [app, what])).toEqual([['files_versions', 'Old versions of files'], ['files_trashbin', 'Trash of the files'], ['spreed', 'Discussion'], ['unheard-of', 'Inconnue']])
  expect(found.every(({ reason }) => reason !== '')).toBe(true)
})
