import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { acceptableName, besideName, commonFolder, foldersAbove, join, nameOf, parentOf } from '../../../src/move/files/names.ts'
import { nameRules } from '../../../src/nextcloud/files/names.ts'

/** As a Nextcloud answers whose hoster chose names that Windows bears (FilenameValidator.php, "enforce Windows compatibility"). */
const windows = nameRules({
  forbidden_filenames: ['.htaccess', 'desktop.ini'],
  forbidden_filename_basenames: ['con', 'prn', 'aux', 'nul', 'com0', 'lpt9'],
  forbidden_filename_characters: ['<', '>', ':', '"', '|', '?', '*', '\\', '/'],
  forbidden_filename_extensions: ['.', ' ', '.part', '.filepart'],
})

describe('a name that the destination takes', () => {
  test.each([
    ['notes.txt', 'notes.txt'],
    ['what?.txt', 'what_.txt'],
    ['a:b*c', 'a_b_c'],
    ['ends with a dot.', 'ends with a dot'],
    ['ends with a blank ', 'ends with a blank'],
    ['CON.txt', '_CON.txt'],
    ['nul', '_nul'],
    ['.htaccess', '_.htaccess'],
    ['video.mp4.part', 'video.mp4.part_'],
    ['tab\tin it', 'tab_in it'],
    ['...', '_'],
  ])('%j becomes %j', (name, wanted) => {
    expect(acceptableName(name, windows)).toBe(wanted)
  })

  test('a long one keeps its ending', () => {
    const name = acceptableName(`${'é'.repeat(200)}.docx`, windows)
    expect(name).toMatch(/^é+\.docx$/)
    expect(Buffer.byteLength(name ?? '')).toBeLessThanOrEqual(250)
  })

  test('any name gets one that is taken, always the same, and a good one is left alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }), (name) => {
        const chosen = acceptableName(name, windows)
        expect(chosen).toBeDefined()
        expect(windows(chosen ?? '')).toBeUndefined()
        expect(acceptableName(name, windows)).toBe(chosen)
        expect(acceptableName(chosen ?? '', windows)).toBe(chosen)
      }),
    )
  })

  test('where a server takes none of those tried, none is chosen', () => {
    expect(acceptableName('a', () => 'closed')).toBeUndefined()
  })
})

describe('a name beside one that is taken', () => {
  test.each([
    ['plan.odt', 1, 'plan (from old.example).odt'],
    ['plan.odt', 2, 'plan (from old.example 2).odt'],
    ['folder', 1, 'folder (from old.example)'],
    ['.hidden', 1, '.hidden (from old.example)'],
    ['v1. The long way round', 1, 'v1. The long way round (from old.example)'],
  ])('%j, turn %d: %j', (name, turn, wanted) => {
    expect(besideName(name, { host: 'old.example', turn })).toBe(wanted)
  })

  test('an address without a name makes a name without forbidden characters', () => {
    expect(besideName('a.txt', { host: '[::1]', turn: 1 })).toBe('a (from -1-).txt')
  })

  test('differs from turn to turn, and fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 250 }), fc.nat({ max: 50 }), (name, turn) => {
        const [one, other] = [besideName(name, { host: 'old.example', turn: turn + 1 }), besideName(name, { host: 'old.example', turn: turn + 2 })]
        expect(one).not.toBe(other)
        expect(Buffer.byteLength(one)).toBeLessThanOrEqual(250)
      }),
    )
  })
})

describe('paths', () => {
  test.each([
    ['a/b/c.txt', 'a/b', 'c.txt'],
    ['c.txt', '', 'c.txt'],
  ])('%s', (path, parent, name) => {
    expect([parentOf(path), nameOf(path), join(parent, name)]).toEqual([parent, name, path])
  })

  test('folders above, the nearest first', () => {
    expect(foldersAbove('a/b/c/d.txt')).toEqual(['a/b/c', 'a/b', 'a'])
  })

  test.each([
    [['a/b/c', 'a/b/d/e'], 'a/b'],
    [['a/b', 'ab/c'], ''],
    [['a/x', 'a/x y'], 'a'],
  ])('the folder that holds %j is %j', (paths, folder) => {
    expect(commonFolder(paths)).toBe(folder)
  })
})
