import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Wire } from '../conformance/wire.ts'
import { btrfsUnavailable, mountBtrfsImage, type BtrfsImage } from '../volume/btrfs-image.ts'
import { fill, seenBy, signsIn, throughLink, throughShare, type Content } from './support/content.ts'
import { openInstallation, type Installation } from './support/installation.ts'
import { lacks } from './support/machine.ts'
import { acceptInvitation, appPassword } from './support/visitor.ts'

/**
 * A space backed up on one engine root and restored on another of the same machine, as people and hosters do it. What
 * does not hang on the kind of database or volume is tried once, under `also`.
 */
const cases = [
  { release: '32.0.1', database: 'postgresql', volumes: 'directory', port: 31_500, also: ['damage', 'killed backup'] },
  { release: '34.0.1', database: 'postgresql', volumes: 'btrfs', port: 31_520, also: ['killed restore', 'unfit'] },
  { release: '34.0.1', database: 'sqlite', volumes: 'directory', port: 31_540, also: [] },
] as const satisfies readonly Case[]

interface Case {
  readonly release: string
  readonly database: 'postgresql' | 'sqlite'
  readonly volumes: 'directory' | 'btrfs'
  readonly port: number
  readonly also: readonly ('damage' | 'killed backup' | 'killed restore' | 'unfit')[]
}

const noBtrfs = await btrfsUnavailable()

interface Space {
  readonly metadata: { readonly name: string; readonly uid: string }
  readonly spec: { readonly plan: string }
  readonly status: { readonly phase: string; readonly url: string; readonly release: string; readonly usage?: { readonly poolBytes: number } }
}
interface Provisioned extends Space {
  readonly signIn: { readonly link: string }
}
interface Made {
  readonly backup: { readonly directory: string; readonly files: number; readonly bytes: number }
}

for (const { release, database, volumes, port, also } of cases as readonly Case[]) {
  const missing = lacks({ release, postgresql: true, caddy: true }) ?? (volumes === 'btrfs' ? noBtrfs : undefined)
  /** The word itself where this case has it, for `test.each`; else nothing. */
  const where = (what: Case['also'][number]): readonly string[] => also.filter((word) => word === what)
  const name = `backup and restore, Nextcloud ${release}, ${database}, ${volumes}`

  describe.skipIf(missing !== undefined)(`${name}${missing === undefined ? '' : `: skipped, this machine lacks ${missing}`}`, () => {
    let image: BtrfsImage | undefined
    let a: Installation
    let b: Installation
    let backups: string
    let url: string
    let admin: Wire
    let second: Wire
    /** The administrator's sync client. */
    let client: Wire
    let content: Content
    let seen: Record<string, string>
    let directory: string

    beforeAll(async () => {
      image = volumes === 'btrfs' ? await mountBtrfsImage(2_000_000_000) : undefined
      if (image !== undefined) chmodSync(join(image.directory, '..'), 0o711)
      backups = mkdtempSync(join(tmpdir(), 'chaton-backups-'))
      const settings = (root: string): Record<string, string> => ({
        CHATON_RELEASES_DEFAULT: release,
        CHATON_DATABASE_KIND: database,
        CHATON_GOLDEN: 'no',
        CHATON_VOLUMES_KIND: volumes,
        CHATON_VOLUMES_OVER_COMMIT: '100',
        ...(image === undefined ? {} : { CHATON_VOLUMES_DIRECTORY: join(image.directory, root) }),
      })
      a = openInstallation(port, settings('a'))
      b = openInstallation(port + 10, settings('b'), a)
    })

    afterAll(async () => {
      await b?.[Symbol.asyncDispose]()
      await a?.[Symbol.asyncDispose]()
      await image?.[Symbol.asyncDispose]()
      rmSync(backups, { recursive: true, force: true })
    })

    test('a space is filled and backed up, down for a moment only', async () => {
      const made = await a.json<Provisioned>('provision', a.manifest('jardin'))
      url = made.status.url
      admin = await acceptInvitation(made.signIn.link, 'Un mot de passe: été 2026')
      const { link } = await a.json<{ link: string }>('account', 'invite', a.slug('jardin'), 'sacha@essai.example', '--user', 'sacha')
      second = await acceptInvitation(link, 'Sächa%#+ 12345')
      client = await appPassword(admin)
      content = await fill(client, second)
      seen = await seenBy(client)
      expect(Object.keys(seen).length).toBeGreaterThan(30)

      directory = join(backups, 'one')
      const began = performance.now()
      const [{ backup }, downMs] = await whileAsking(url, async () => await a.json<Made>('space', 'backup', a.slug('jardin'), '--into', directory))
      console.log(`${name}: ${backup.files} files backed up in ${Math.round(performance.now() - began)} ms, closed for ${Math.round(downMs)} ms of them`)
      expect([downMs > 0, downMs < 10_000]).toEqual([true, true])

      expect(backup.directory).toBe(directory)
      expect(statSync(directory).mode & 0o777).toBe(0o700)
      expect(existsSync(`${directory}.partial`)).toBe(false)
      expect((await fetch(`${url}/status.php`)).status).toBe(200)
      expect(await a.json('space', 'backup', '--verify', directory)).toMatchObject({ what: 'verified', backup: { files: backup.files + 1 } })
      execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'checksums.sha256'], { cwd: directory })
      expect(snapshotsIn(image?.directory ?? a.state)).toEqual([`ch-${a.slug('jardin')}`])
    })

    test.each(where('damage'))('a flipped byte anywhere in it is found, by --verify and by restore, which makes nothing', async () => {
      const data = execFileSync('find', ['data', '-type', 'f', '-size', '+0'], { cwd: directory, encoding: 'utf8' }).trim().split('\n')
      const random = (list: readonly string[]): string => list[Math.floor(Math.random() * list.length)] ?? ''
      const victims = ['database.dump', 'config.json', 'backup.json', 'checksums.sha256', data.find((file) => file.endsWith('binary.bin')) ?? '', random(data)]
      for (const victim of victims) {
        const file = join(directory, victim)
        const whole = readFileSync(file)
        const at = Math.floor(Math.random() * whole.length)
        const damaged = Buffer.from(whole)
        damaged[at] = (damaged[at] ?? 0) ^ (1 << Math.floor(Math.random() * 8))
        writeFileSync(file, damaged)
        const [found, refused] = [await a.refusal(8, 'space', 'backup', '--verify', directory), await b.refusal(8, 'space', 'restore', directory)]
        expect([`${victim}, byte ${at}`, found.code, refused.code]).toEqual([`${victim}, byte ${at}`, 'unhealthy', 'unhealthy'])
        writeFileSync(file, whole)
      }
      expect([await b.slugs(), b.remains()]).toEqual([[], []])
    })

    test('it is restored on another engine root: files, times, events, contacts, shares, passwords, and the limits of there', async () => {
      const plan = join(b.state, 'tiny.yaml')
      writeFileSync(plan, readFileSync(new URL('../../fixtures/plans/tiny.yaml', import.meta.url), 'utf8').replace('50 MB\n', '60 MB\n'))
      await b.json('plan', 'apply', plan)
      const dry = await b.json<{ dryRun: boolean }>('space', 'restore', directory, '--dry-run')
      expect([dry.dryRun, await b.slugs(), b.remains()]).toEqual([true, [], []])

      const slug = a.slug('jardin')
      const restored = await b.json<Space>('space', 'restore', directory)
      expect(restored).toMatchObject({ metadata: { name: slug }, spec: { plan: 'tiny' }, status: { phase: 'Ready', release, usage: { poolBytes: 60_000_000 } } })
      expect(restored.status).not.toHaveProperty('restore')
      expect(restored.status.url).not.toBe(url)
      const there = (wire: Wire): Wire => ({ ...wire, url: restored.status.url })
      expect(await seenBy(there(client))).toEqual(seen)
      expect([await signsIn(there(admin)), await signsIn(there(second)), await signsIn({ ...there(second), password: 'wrong password' })]).toEqual([true, true, false])
      expect(await throughShare(there(second))).toContain('deep.txt')
      expect(await throughLink(restored.status.url, content.link)).toContain('crème brûlée.txt')
      expect(limitOf(b, slug, image)).toBe(60_000_000)
      await b.refusal(4, 'space', 'restore', directory)
      expect(await b.json('space', 'show', slug)).toMatchObject({ metadata: { uid: restored.metadata.uid } })
    })

    test('it is restored beside the original, under another name, and both live', async () => {
      const restored = await a.json<Space>('space', 'restore', directory, '--as', a.slug('bis'))
      expect(restored.metadata.name).toBe(a.slug('bis'))
      expect(await throughLink(restored.status.url, content.link)).toContain('crème brûlée.txt')
      expect(await throughLink(url, content.link)).toContain('crème brûlée.txt')
      expect(await a.run('serve', '--once')).toMatchObject({ exitCode: 0 })
      await a.json('space', 'delete', a.slug('bis'), '--confirm', a.slug('bis'), '--no-backup')
    })

    test.each(where('killed restore'))('a restore killed at any instant and run again makes one whole space', async () => {
      const slug = b.slug('kill')
      const restore = ['space', 'restore', directory, '--as', slug]
      const advice: string[] = []
      for (const waitMs of [0, 250, 500, 800]) {
        const run = b.start(...restore, '--json')
        await new Promise<void>((resolve) => {
          run.child.stderr?.on('data', (text: string) => (text.includes('"restore"') ? resolve() : undefined))
          run.child.once('close', () => resolve())
        })
        const timer = setTimeout(() => run.child.kill('SIGKILL'), waitMs + Math.random() * 250)
        const { signal } = await run.ended
        clearTimeout(timer)
        if (signal === 'SIGKILL') advice.push((await b.refusal(4, 'provision', slug)).next[0] ?? '')
        else await b.json('space', 'delete', slug, '--confirm', slug, '--no-backup')
      }
      expect(advice.length).toBeGreaterThanOrEqual(2)
      expect(new Set(advice)).toEqual(new Set([`chaton space restore ${directory} --as ${slug} starts it over`]))
      const restored = await b.json<Space>(...restore)
      expect(await seenBy({ ...client, url: restored.status.url })).toEqual(seen)
      const made = b.remains().filter((line) => line.includes('-kill-') && !line.startsWith('process'))
      expect(new Set(made.map((line) => /ch-[^.:\s]+-kill-[0-9a-f]{6}/.exec(line)?.[0])).size).toBe(1)
      expect(made.map((line) => line.split(' ')[0])).toEqual(['user', 'group', ...(database === 'sqlite' ? [] : ['database', 'role']), 'file', 'file', 'file'])
      await b.json('space', 'delete', slug, '--confirm', slug, '--no-backup')
      expect(b.remains().filter((line) => line.includes('-kill-'))).toEqual([])
    })

    test.each(where('killed backup'))('a backup killed half way closes the space for nobody, and leaves nothing of itself', async () => {
      const slug = a.slug('jardin')
      const folder = join(a.state, 'backups', slug)
      const run = a.start('space', 'backup', slug, '--json')
      while (!existsSync(folder) || !readdirSync(folder).some((entry) => existsSync(join(folder, entry, 'config.json')))) await new Promise((resolve) => setTimeout(resolve, 2))
      await new Promise((resolve) => setTimeout(resolve, 150))
      run.child.kill('SIGKILL')
      await run.ended
      expect((await fetch(`${url}/status.php`)).status).toBe(503)

      expect(await a.json('serve', '--once')).toMatchObject({ restarted: [slug], failures: [] })
      expect((await fetch(`${url}/status.php`)).status).toBe(200)
      const { backup } = await a.json<Made>('space', 'backup', slug)
      expect(readdirSync(folder)).toEqual([backup.directory.slice(folder.length + 1)])
      expect((await fetch(`${url}/status.php`)).status).toBe(200)
    })

    test.each(where('unfit'))('what this machine cannot take in is refused, and nothing stays', async () => {
      const before = b.remains()
      const broken = join(backups, 'broken')
      cpSync(directory, broken, { recursive: true, preserveTimestamps: true })
      writeFileSync(join(broken, 'database.dump'), 'not a dump')
      rewriteChecksums(broken)
      const error = await b.refusal(6, 'space', 'restore', broken, '--as', b.slug('broken'))
      expect(error.next.join()).toContain('nothing of it was kept')
      expect([b.remains(), await b.slugs()]).toEqual([before, [a.slug('jardin')]])
      await b.json('space', 'delete', a.slug('jardin'), '--confirm', a.slug('jardin'), '--no-backup')
      const small = join(b.state, 'small.yaml')
      writeFileSync(small, readFileSync(new URL('../../fixtures/plans/tiny.yaml', import.meta.url), 'utf8').replace('storage: 50 MB\n', 'storage: 100 KB\n'))
      await b.json('plan', 'apply', small)
      const full = await b.refusal(7, 'space', 'restore', directory)
      expect([full.code, full.message]).toEqual(['no-room', expect.stringMatching(/the backup holds [\d.]+ .B of data, and the pool of ".*" is 100 .B here/)])
      expect([b.remains(), await b.slugs()]).toEqual([[], []])
      mkdirSync(join(backups, 'empty'))
      await b.refusal(2, 'space', 'restore', join(backups, 'empty'))
    })

    test('deleting all of it leaves nothing', async () => {
      for (const one of [b, a]) for (const slug of await one.slugs()) await one.json('space', 'delete', slug, '--confirm', slug, '--no-backup')
      expect([b.remains(), a.remains()]).toEqual([[], []])
    })
  })
}

/**
 * Asks for status.php all the time while `work` goes on, as a new visitor each time; answers for how long it was not open, in
 * milliseconds. Connections that are kept may be closed under a request whenever the web server takes a new configuration.
 */
async function whileAsking<T>(url: string, work: () => Promise<T>): Promise<[T, number]> {
  const state = { working: true, downMs: 0 }
  const asking = (async () => {
    while (state.working) {
      const began = performance.now()
      const status = await visit(`${url}/status.php`)
      await new Promise((resolve) => setTimeout(resolve, 20))
      if (status !== 200) state.downMs += performance.now() - began
    }
  })()
  try {
    return [await work(), state.downMs]
  } finally {
    state.working = false
    await asking
  }
}

/** The status of the answer, or what befell the request; on a connection of its own. */
const visit = async (url: string): Promise<number | string> =>
  await new Promise((resolve) => {
    get(url, { agent: false }, (answer) => answer.resume().once('close', () => resolve(answer.statusCode ?? 'no status'))).once('error', ({ message }) => resolve(message))
  })

/** The hard limit of the volume in bytes where the kernel keeps one, else the pool that the engine noted. */
function limitOf(installation: Installation, slug: string, image: BtrfsImage | undefined): number {
  const id = installation.remains().find((line) => line.startsWith(`user ch-${slug}`))?.split(/[ :]/)[1] ?? ''
  if (image === undefined) return (JSON.parse(readFileSync(join(installation.state, 'spaces', id, 'space.json'), 'utf8')) as { poolBytes: number }).poolBytes
  const shown = execFileSync('btrfs', ['qgroup', 'show', '--raw', '-r', '-F', join(image.directory, 'b', id)], { encoding: 'utf8' })
  return Number(shown.trim().split('\n').at(-1)?.trim().split(/\s+/)[3])
}

/** What lies below `.snapshots` of the volumes of A: a folder for each volume that had one, and no snapshot in it any more. */
function snapshotsIn(directory: string): string[] {
  const top = ['a/.snapshots', 'volumes/.snapshots'].map((name) => join(directory, name)).find((path) => existsSync(path)) ?? ''
  return readdirSync(top, { recursive: true, encoding: 'utf8' }).map((entry) => entry.replace(/-[0-9a-f]{6}$/, ''))
}

function rewriteChecksums(directory: string): void {
  rmSync(join(directory, 'checksums.sha256'))
  const list = execFileSync('sh', ['-c', "find . -type f | sed 's|^./||' | LC_ALL=C sort | tr '\\n' '\\0' | xargs -0 sha256sum"], { cwd: directory })
  writeFileSync(join(directory, 'checksums.sha256'), list)
}
