import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { childEnvironment, hasProgram, run } from '../../src/kit/exec.ts'
import { exists } from '../../src/kit/files.ts'
import { registerSecret } from '../../src/kit/mask.ts'
import { failureOf } from '../support/failures.ts'

const isRoot = process.geteuid?.() === 0
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chaton-exec-'))
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

describe('run', () => {
  it('gives both outputs as they are, and passes arguments without a shell', async () => {
    const result = await run('sh', ['-c', 'printf "%s|" "$@"; echo wrong >&2', 'sh', 'a b', '$(id)', '', "it's", '*', '--help'])

    expect(result).toEqual({ exitCode: 0, stdout: "a b|$(id)||it's|*|--help|", stderr: 'wrong\n' })
  })

  it('passes text on standard input, and nothing where there is none', async () => {
    expect((await run('cat', [], { input: 'sécret\n' })).stdout).toBe('sécret\n')
    expect((await run('cat', [])).stdout).toBe('')
  })

  it('gives a minimal environment, nothing of ours', async () => {
    process.env['CHATON_TEST_LEAK'] = 'leaked'
    const { stdout } = await run('env', [], { env: { EXTRA: 'yes', TZ: 'Europe/Paris' } })
    delete process.env['CHATON_TEST_LEAK']

    expect(stdout).not.toContain('leaked')
    const lines = stdout.trim().split('\n').sort()
    expect(lines).toEqual(Object.entries({ ...childEnvironment(), EXTRA: 'yes', TZ: 'Europe/Paris' }).map(([name, value]) => `${name}=${value}`).sort())
  })

  it('names a program that is not installed', async () => {
    const error = await failureOf(run('chaton-no-such-program', ['--version']))

    expect(error).toMatchObject({ code: 'machine-not-ready', message: 'the program "chaton-no-such-program" is not installed on this machine' })
    expect(error.next).toHaveLength(1)
  })

  it('does not take the failure of a program for its absence', async () => {
    const error = await failureOf(run('sh', ['-c', 'echo "line 1: /x: No such file or directory" >&2; exit 127']))

    expect(error).toMatchObject({ code: 'remote-failed', data: { command: 'sh', exitCode: 127 } })
  })

  it('names a working directory that is missing', async () => {
    const error = await failureOf(run('true', [], { cwd: join(directory, 'none') }))

    expect(error.message).toContain(join(directory, 'none'))
  })

  it('fails on an exit code, with the end of what was said', async () => {
    const error = await failureOf(run('sh', ['-c', 'seq 1 40; echo broken >&2; exit 3']))

    expect(error).toMatchObject({ code: 'remote-failed', retryable: false, data: { command: 'sh', exitCode: 3 } })
    expect(error.message).toMatch(/failed \(exit 3\):\n30\n31\n.*\n40$|failed \(exit 3\):\n.*40$/s)
    expect(error.message).not.toMatch(/^1$/m)
  })

  it('takes accepted exit codes for an answer', async () => {
    expect(await run('sh', ['-c', 'exit 4'], { accept: [0, 4] })).toMatchObject({ exitCode: 4 })
    expect(await failureOf(run('true', [], { accept: [1] }))).toMatchObject({ code: 'remote-failed' })
  })

  it('masks secrets in command and output', async () => {
    const secret = registerSecret('s3cret-of-the-space')
    const error = await failureOf(run('sh', ['-c', `cat; echo ${secret} >&2; exit 1`], { input: Buffer.from(secret).toString('base64') }))

    expect(error.message).toContain('•••')
    expect(`${error.message}${JSON.stringify(error.data)}${String(error.cause)}`).not.toMatch(/s3cret|czNjcmV0/)
  })

  it('ends what takes too long, also when it has children that hold its output', async () => {
    const started = performance.now()
    const error = await failureOf(run('sh', ['-c', 'sleep 30 & sleep 30'], { timeoutMs: 200 }))

    expect(error).toMatchObject({ code: 'remote-failed', retryable: true })
    expect(error.message).toContain('did not finish in time')
    expect(performance.now() - started).toBeLessThan(8000)
  })

  it('kills what does not listen', async () => {
    const started = performance.now()
    const error = await failureOf(run('sh', ['-c', 'trap "" TERM; while :; do sleep 0.1; done'], { timeoutMs: 200 }))

    expect(error.message).toContain('did not finish in time')
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  it('tells of a signal', async () => {
    expect((await failureOf(run('sh', ['-c', 'kill -KILL $$']))).message).toContain('was ended by SIGKILL')
  })

  it('is interrupted by its signal', async () => {
    const stop = new AbortController()
    const asked = failureOf(run('sleep', ['30'], { signal: stop.signal }))
    setTimeout(() => stop.abort(), 50)

    expect(await asked).toMatchObject({ code: 'interrupted', message: 'sleep was stopped' })
  })

  it.runIf(isRoot)('drops all rights of root', async () => {
    const { stdout } = await run('sh', ['-c', 'id -u; id -g; id -G'], { as: { uid: 65_534, gid: 65_533 } })

    expect(stdout).toBe('65534\n65533\n65533\n')
  })
})

describe('hasProgram', () => {
  it('finds programs and nothing else', async () => {
    expect(await hasProgram('sh')).toBe(true)
    expect(await hasProgram('chaton-no-such-program')).toBe(false)
    expect(await hasProgram('--version')).toBe(false)
  })
})

describe('a child', () => {
  const cases = isRoot ? ['undefined', '{ uid: 65534, gid: 65534 }'] : ['undefined']

  it.each(cases)('dies with us when we are killed (as: %s)', async (as) => {
    const parent = join(directory, 'parent.mjs')
    await writeFile(
      parent,
      `import { run } from ${JSON.stringify(join(import.meta.dirname, '../../src/kit/exec.ts'))}
       await run('sh', ['-c', 'echo $$ >&2; exec sleep 60 2>/dev/null'], { as: ${as}, cwd: '/', timeoutMs: 60000 })`,
    )
    const node = spawn(process.execPath, [parent], { stdio: 'ignore' })
    const child = await childOf(node.pid ?? 0)
    node.kill('SIGKILL')
    await once(node, 'close')
    for (let waited = 0; waited < 100 && (await exists(`/proc/${child}`)); waited++) await delay(20)

    expect(await exists(`/proc/${child}`)).toBe(false)
  })
})

/** The pid of the `sleep` that this process has started, as soon as there is one. */
async function childOf(pid: number): Promise<number> {
  for (let waited = 0; waited < 500; waited++) {
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
    const child = Number(children.trim().split(' ')[0])
    const name = child > 0 ? await readFile(`/proc/${child}/comm`, 'utf8').catch(() => '') : ''
    if (name.trim() === 'sleep') return child
    await delay(10)
  }
  throw new Error('the child was not started')
}
