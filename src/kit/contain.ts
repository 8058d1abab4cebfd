import { realpath } from 'node:fs/promises'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { ChatonError } from './errors.ts'

/** Joins `path` to `root` and refuses what would leave it (`..`, absolute). Looks at names only; see {@link containReal}. */
export function contain(root: string, path: string): string {
  const full = resolve(root, path)
  const inside = relative(resolve(root), full)
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside) || path.includes('\0')) {
    throw new ChatonError('bad-input', `the path "${path}" leads outside its folder`)
  }
  return full
}

/** As {@link contain}, with symbolic links resolved: the target must exist and truly lie under `root`. */
export async function containReal(root: string, path: string): Promise<string> {
  const full = await realpath(contain(root, path))
  return contain(await realpath(root), full)
}
