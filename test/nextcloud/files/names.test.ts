import { describe, expect, it } from 'vitest'
import { abilitiesOf } from '../../../src/nextcloud/files/abilities.ts'
import { mannersOf } from '../../../src/nextcloud/files/quirks.ts'

const of = (major: number, capabilities: Record<string, unknown> = {}) => abilitiesOf({ version: `${major}.0.0`, major, capabilities })
const windows = {
  files: {
    forbidden_filenames: ['.htaccess', 'Thumbs.db'],
    forbidden_filename_basenames: ['con', 'nul', 'com1'],
    forbidden_filename_characters: ['<', '>', ':', '"', '|', '?', '*', '\\', '/'],
    forbidden_filename_extensions: [' ', '.', '.filepart', '.part'],
  },
}

describe('src/nextcloud/files/names', () => {
  it.each(['a.txt', '.hidden', 'con', 'a:b', 'trailing ', 'x'.repeat(250), 'part', 'a.part.txt', '😀'])('a plain server takes %j', (name) => {
    expect(of(32).refusesName(name)).toBeUndefined()
  })

  it.each(['', '.', '..', '  ', '. ', 'a/b', 'a\\b', 'a\0b', 'a\nb', 'x'.repeat(251), 'é'.repeat(126), '.htaccess', '.HTACCESS', 'a.part', 'a.FilePart'])('no server takes %j', (name) => {
    expect(of(28).refusesName(name)).toEqual(expect.any(String))
  })

  it.each([['con', 'reserved'], ['CON.txt', 'reserved'], ['con.tar.gz', 'reserved'], ['thumbs.DB', 'reserved'], ['a:b', '":"'], ['what?', '"?"'], ['dot.', 'end with "."'], ['blank ', 'end with " "']])('one with the rules of Windows refuses %j', (name, why) => {
    expect(of(32, windows).refusesName(name)).toContain(why)
  })

  it.each(['console.txt', '.con', 'conn', 'a.con'])('one with the rules of Windows takes %j', (name) => {
    expect(of(32, windows).refusesName(name)).toBeUndefined()
  })

  it('reads the words of servers before 30, and survives rules that are none', () => {
    expect(of(28, { files: { blacklisted_files: ['secret.txt'] } }).refusesName('Secret.txt')).toBe('a reserved name')
    for (const files of [null, [], 'x', { forbidden_filenames: 'x', forbidden_filename_characters: [1, null] }]) expect(of(32, { files }).refusesName('a.txt')).toBeUndefined()
  })
})

describe('src/nextcloud/files/{abilities,quirks}', () => {
  it.each([
    [25, { bulk: true, serverHash: true, chunk: { least: 5 * 2 ** 20, most: 10 * 2 ** 20 } }],
    [28, { bulk: true, serverHash: true, chunk: { least: 5 * 2 ** 20, most: 10 * 2 ** 20 } }],
    [31, { bulk: true, serverHash: true, chunk: { least: 5 * 2 ** 20, most: 100 * 2 ** 20 } }],
    [99, { bulk: true, serverHash: true, chunk: { least: 5 * 2 ** 20, most: 100 * 2 ** 20 } }],
  ])('knows release %i', (major, expected) => {
    expect(of(major, { dav: { bulkupload: '1.0' } })).toMatchObject(expected)
  })

  it('believes the server where it speaks', () => {
    expect(of(32, { dav: {} }).bulk).toBe(false)
    expect(of(32, {}).bulk).toBe(false)
    expect(of(32, { files: { chunked_upload: { max_size: 50_000_000 } } }).chunk.most).toBe(50_000_000)
    expect(of(32, { files: { chunked_upload: { max_size: 1000 } } }).chunk.most).toBe(5 * 2 ** 20)
    expect(of(32, { files: { chunked_upload: { max_size: 'x' } } }).chunk.most).toBe(100 * 2 ** 20)
  })

  it('keeps what an earlier release began', () => {
    expect([mannersOf(28).zip, mannersOf(31).zip, mannersOf(34).zip]).toEqual([false, true, true])
    expect([mannersOf(28).bulkHash, mannersOf(31).bulkHash, mannersOf(32).bulkHash, mannersOf(40).bulkHash]).toEqual(['X-File-MD5', 'X-File-MD5', 'OC-Checksum', 'OC-Checksum'])
  })
})
