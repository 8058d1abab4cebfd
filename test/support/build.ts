import { execFileSync } from 'node:child_process'
import { globSync, statSync } from 'node:fs'

/** Builds `dist/` when a source is newer than it: end-to-end tests run what people run. */
export function setup(): void {
  const newest = Math.max(...globSync('{src/**/*,tsconfig*.json}').map((path) => statSync(path).mtimeMs))
  const built = statSync('dist/cli/entry.js', { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (built < newest) execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
}
