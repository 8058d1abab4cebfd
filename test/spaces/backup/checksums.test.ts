import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, property, string } from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checksumLine, parseChecksumLine, verifyChecksums, writeChecksums } from '../../../src/spaces/backup/checksums.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'chaton-checksums-'))
  mkdirSync(join(root, 'data/été'), { recursive: true })
  writeFileSync(join(root, 'data/a.txt'), 'a')
  writeFileSync(join(root, 'data/été/line\nbreak \\ back.txt'), 'b'.repeat(5000))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const list = (): string => join(root, 'checksums.sha256')

describe('checksum list', () => {
  test('any file name survives a line', () => {
    assert(
      property(string({ minLength: 1 }).filter((name) => !name.includes('\0')), (path) => {
        const line = checksumLine('0'.repeat(64), path).replace(/\n$/, '')
        expect(line).not.toContain('\n')
        expect(parseChecksumLine(line)).toEqual({ sha256: '0'.repeat(64), path })
      }),
    )
  })

  test('sha256sum of GNU coreutils reads it', async () => {
    const tally = await writeChecksums(root, list(), () => {})

    expect(tally).toEqual({ files: 2, bytes: 5001 })
    expect(() => execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'checksums.sha256'], { cwd: root })).not.toThrow()
  })

  test('a whole tree verifies', async () => {
    await writeChecksums(root, list(), () => {})

    expect(await verifyChecksums(root, list(), ['checksums.sha256'])).toEqual({ files: 2, bytes: 5001, changed: [], missing: [], unknown: [] })
  })

  test('one flipped byte, one missing and one added file are found', async () => {
    writeFileSync(join(root, 'data/gone.txt'), 'x')
    await writeChecksums(root, list(), () => {})
    writeFileSync(join(root, 'data/a.txt'), 'A')
    rmSync(join(root, 'data/gone.txt'))
    writeFileSync(join(root, 'data/new.txt'), 'n')

    const verdict = await verifyChecksums(root, list(), ['checksums.sha256'])

    expect(verdict).toMatchObject({ changed: ['data/a.txt'], missing: ['data/gone.txt'], unknown: ['data/new.txt'] })
  })

  test('a list that points outside is refused', async () => {
    writeFileSync(list(), checksumLine('0'.repeat(64), '../../etc/passwd'))

    await expect(verifyChecksums(root, list(), [])).rejects.toThrow(/leads outside/)
  })
})
