import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeDirectories } from '../../src/kit/directories.ts'

const root = mkdtempSync(join(tmpdir(), 'chaton-directories-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

test('makes all that are missing, and is content with what is there', () => {
  const path = join(root, 'a', 'b', 'c')
  makeDirectories(path)
  makeDirectories(path)
  expect(statSync(path).isDirectory()).toBe(true)
})

test('a file in the way is told by the system', () => {
  writeFileSync(join(root, 'file'), '')
  expect(() => makeDirectories(join(root, 'file'))).toThrow(/EEXIST/)
  expect(() => makeDirectories(join(root, 'file', 'below'))).toThrow(/ENOTDIR/)
})

test.skipIf(!existsSync('/proc/self'))('where nothing can be made, it says so instead of trying for ever', () => {
  expect(() => makeDirectories('/proc/chaton/below')).toThrow(/ENOENT/)
})
