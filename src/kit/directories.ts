import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { hasSystemCode } from './errors.ts'

/**
 * Makes a directory and those above it, as `mkdir -p`. Node's own `recursive` never returns where a file system answers ENOENT
 * below a directory that exists (/proc): there this throws that ENOENT.
 */
export function makeDirectories(path: string): void {
  try {
    mkdirSync(path)
  } catch (error) {
    if (hasSystemCode(error, 'EEXIST') && statSync(path).isDirectory()) return
    const above = dirname(path)
    if (!hasSystemCode(error, 'ENOENT') || above === path || isDirectory(above)) throw error
    makeDirectories(above)
    makeDirectories(path)
  }
}

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
