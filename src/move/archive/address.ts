import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Archives are sides of a move under the `file:` URL of their path. */
export const addressOfArchive = (path: string): string => pathToFileURL(resolve(path)).href
export const isArchiveAddress = (address: string | undefined): address is string => address?.startsWith('file:') === true
export const pathOfArchive = (address: string): string => fileURLToPath(address)
