import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, asyncProperty, integer, nat, property, string } from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checksumLine, parseChecksumLine, verifyChecksums, writeChecksums } from '../../../src/spaces/backup/checksums.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'chaton-checksums-'))
  mkdirSync(join(root, 'data/été'), { recursive: true })
  writeFileSync(join(root, 'data/a.txt'), 'a')
  writeFileSync(join(root, 'data/été/line\nbreak \\ back.txt'), 'b'.repeat(5000))
  writeFileSync(join(root, 'data/été/para\u2029graph \u2028 \r.txt'), 'c')
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
    const tally = await writeChecksums(root, list())

    expect(tally).toEqual({ files: 3, bytes: 5002 })
    expect(() => execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'checksums.sha256'], { cwd: root })).not.toThrow()
  })

  test('a whole tree verifies', async () => {
    await writeChecksums(root, list())

    expect(await verifyChecksums(root, list())).toEqual({ files: 3, bytes: 5002, changed: [], missing: [], unknown: [] })
  })

  test('one flipped byte, one missing and one added file are found', async () => {
    writeFileSync(join(root, 'data/gone.txt'), 'x')
    await writeChecksums(root, list())
    writeFileSync(join(root, 'data/a.txt'), 'A')
    rmSync(join(root, 'data/gone.txt'))
    writeFileSync(join(root, 'data/new.txt'), 'n')

    const verdict = await verifyChecksums(root, list())

    expect(verdict).toMatchObject({ changed: ['data/a.txt'], missing: ['data/gone.txt'], unknown: ['data/new.txt'] })
  })

  test('a name that leads outside counts as changed', async () => {
    writeFileSync(list(), checksumLine('0'.repeat(64), '../../etc/passwd'))

    expect((await verifyChecksums(root, list())).changed).toEqual([expect.stringContaining('../../etc/passwd')])
  })

  test('a list that is gone is a damage, not a crash', async () => {
    await expect(verifyChecksums(root, list())).rejects.toMatchObject({ code: 'unhealthy' })
  })

  test('whichever byte of the list itself changes, and to whatever, is found', async () => {
    await writeChecksums(root, list())
    const whole = readFileSync(list())
    await assert(
      asyncProperty(nat({ max: whole.length - 1 }), integer({ min: 1, max: 255 }), async (at, change) => {
        const damaged = Buffer.from(whole)
        damaged[at] = (damaged[at] ?? 0) ^ change
        writeFileSync(list(), damaged)
        const { changed, missing, unknown } = await verifyChecksums(root, list())
        expect([...changed, ...missing, ...unknown]).not.toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  test('a list cut anywhere is found', async () => {
    await writeChecksums(root, list())
    const whole = readFileSync(list())
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(list(), whole.subarray(0, length))
      const { changed, missing, unknown } = await verifyChecksums(root, list())
      expect([...changed, ...missing, ...unknown], `${length} bytes`).not.toEqual([])
    }
  })
})
