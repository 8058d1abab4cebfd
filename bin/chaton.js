#!/usr/bin/env node
// Plain JavaScript on purpose: an older Node must be able to read this far and say one clear line.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `chaton needs Node.js 22.18 or newer; this is ${process.versions.node}. ` +
      'Run it with npx from a checkout (it brings its own Node.js), or install Node.js 24 and run it again.\n',
  )
  process.exit(5)
}
import('../dist/cli/entry.js').then(
  ({ start }) => start(process.argv.slice(2)),
  (error) => {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error
    process.stderr.write('chaton is not built yet: run `npm run build` in its folder, then try again.\n')
    process.exit(5)
  },
)
