import { readFileSync } from 'node:fs'

interface Report {
  readonly success: boolean
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

const reports = process.argv.slice(2).map((path) => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report
  } catch {
    console.log(`no test report at ${path}: the run broke off before its end`)
    return undefined
  }
})
const files = reports.flatMap((report) => report?.testResults ?? [])
const tests = files.flatMap((file) => file.assertionResults)
const count = (...states: readonly string[]): number => tests.filter((test) => states.includes(test.status)).length

for (const test of tests) if (['skipped', 'pending', 'todo'].includes(test.status)) console.log(`skipped: ${test.fullName}`)
for (const test of tests) if (test.status === 'failed') console.log(`failed: ${test.fullName}`)
const broken = files.filter((file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'))
for (const file of broken) console.log(`failed: ${file.name}: ${file.message.split('\n')[0] ?? ''}`)

const failed = count('failed') + broken.length + reports.filter((report) => report === undefined).length
console.log(`${count('passed')} passed, ${failed} failed, ${count('skipped', 'pending', 'todo')} skipped`)
process.exitCode = failed === 0 && count('passed') > 0 ? 0 : 1
