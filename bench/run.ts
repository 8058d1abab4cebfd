import { parseArgs } from 'node:util'
import type { Bench, BenchOptions, Figure } from './report.ts'

const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  startup: async () => (await import('./startup.ts')).startup,
  provision: async () => (await import('./provision.ts')).provision,
  pool: async () => (await import('./pool.ts')).pool,
  density: async () => (await import('./density.ts')).density,
  'move-small': async () => (await import('./move-small.ts')).moveSmall,
  'move-latency': async () => (await import('./move-latency.ts')).moveLatency,
  'move-large': async () => (await import('./move-large.ts')).moveLarge,
  'move-memory': async () => (await import('./move-memory.ts')).moveMemory,
  'move-delta': async () => (await import('./move-delta.ts')).moveDelta,
  'move-dav': async () => (await import('./move-dav.ts')).moveDav,
  'move-mixed': async () => (await import('./move-mixed.ts')).moveMixed,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, scale: { type: 'string', default: '1' }, port: { type: 'string', default: '33600' } },
})
const options: BenchOptions = { scale: Number(values.scale), firstPort: Number(values.port) }
if (!(options.scale > 0 && options.scale <= 1)) {
  console.error(`--scale ${values.scale}: a share of the full size is a number above 0, at most 1`)
  process.exit(2)
}
const names = positionals.length === 0 ? Object.keys(benches) : positionals
let missed = 0
for (const name of names) {
  const open = benches[name]
  if (open === undefined) {
    console.error(`there is no bench "${name}"; there are: ${Object.keys(benches).join(', ')}`)
    process.exit(2)
  }
  const bench = await open()
  const reason = await bench.unavailable?.()
  if (reason !== undefined) console.error(`${name}: not run here: ${reason}`)
  else await bench.run((figure) => print(name, figure), options)
}
process.exitCode = missed === 0 ? 0 : 1

function print(bench: string, figure: Figure): void {
  if (!figure.met) missed += 1
  if (values.json) console.log(JSON.stringify({ bench, ...figure }))
  else console.log(`${figure.met ? '✓' : '✗'} ${bench}: ${figure.figure}: ${figure.ours} (${figure.otherName}: ${figure.other}, ratio ${figure.ratio}; goal: ${figure.goal})`)
}
