import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../../fixtures')

/** Content of one file below `fixtures/`. */
export const fixture = (path: string): string => readFileSync(join(root, path), 'utf8')

/** Files of one folder below `fixtures/` by name, in order. */
export const fixturesIn = (folder: string): Map<string, string> => new Map(readdirSync(join(root, folder)).toSorted().map((name) => [name, fixture(`${folder}/${name}`)]))
