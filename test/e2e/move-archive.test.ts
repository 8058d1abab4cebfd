import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { agreeTo } from '../support/agreeing.ts'
import { agendaOf, makeFolder, treeOf, twoSandboxes, works, write, writeAgenda, type Moving } from './support/moving.ts'

/** A person takes an account along as a file: with a sign-in by browser, with kills at any instant, and into another account. */

let moving: Moving
const work = mkdtempSync(join(tmpdir(), 'chaton-luggage-'))
const archive = join(work, 'lou.nextcloud_export')

beforeAll(async () => {
  moving = await twoSandboxes()
  for (const folder of ['Été', 'Été/loin', 'many']) await makeFolder(moving.old, folder)
  await write(moving.old, 'Été/plage & mer.txt', 'le sable', 1_600_000_001)
  for (let index = 0; index < 150; index++) await write(moving.old, `many/${index}.txt`, `note ${index}`, 1_600_000_000 + index)
  for (let index = 0; index < 6; index++) await write(moving.old, `Été/loin/middle ${index}.bin`, `${index} `.repeat(1_500_000), 1_500_000_001)
  await writeAgenda(moving.old)
})
afterAll(async () => {
  await moving.close()
  rmSync(work, { recursive: true, force: true })
})

interface Exported {
  readonly move: string
  readonly whole: boolean
  readonly signedOut: string
}

describe('chaton move export and import', () => {
  test('killed at any instant, an export goes on; the sign-in by browser is asked for once and ends with it', async () => {
    const logins: string[] = []
    const once = async (killAtBytes: number): Promise<string | undefined> => {
      const run = moving.start(['move', 'export', '--from', moving.old.url, '--output', archive, '--json'])
      agreeTo(run, async ({ login }) => {
        logins.push(login)
        await fetch(login, { method: 'POST', body: new URLSearchParams({ user: moving.old.user, password: moving.old.password }) })
      })
      const killer = setInterval(() => {
        if ((statSync(`${archive}.part`, { throwIfNoEntry: false })?.size ?? 0) > killAtBytes) run.child.kill('SIGKILL')
      }, 2)
      const { exitCode, stdout, stderr } = await run.ended
      clearInterval(killer)
      if (exitCode !== null && exitCode !== 0) throw new Error(stderr + stdout)
      return exitCode === null ? undefined : stdout
    }
    let kills = 0
    for (const bytes of [0, 20_000, 100_000, 4_000_000, 8_000_000, 15_000_000]) if ((await once(bytes)) === undefined) kills += 1
    const result = JSON.parse((await once(Number.POSITIVE_INFINITY)) ?? '{}') as Exported

    expect(kills).toBe(6)
    expect(result).toMatchObject({ whole: true, signedOut: 'revoked' })
    expect(new Set(logins).size).toBe(1)
    expect(await works(moving.old, await moving.kept(result.move, 'source'))).toBe(false)
    expect([existsSync(archive), existsSync(`${archive}.part`)]).toEqual([true, false])
  }, 120_000)

  test('the archive is carried into another account, and the move compares equal', async () => {
    const looked = await moving.chaton('move', 'import', archive, '--to', moving.new.url, '--to-user', moving.new.user, '--dry-run')
    expect(looked).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Nothing was changed') })
    const ran = await moving.chaton('move', 'import', archive, '--to', moving.new.url, '--to-user', moving.new.user)

    expect(ran).toMatchObject({ exitCode: 0 })
    expect(await treeOf(moving.new)).toEqual(await treeOf(moving.old))
    expect(await agendaOf(moving.new)).toEqual(await agendaOf(moving.old))
  }, 60_000)

  test.each([
    [['move', 'import', 'nowhere.zip', '--to', 'https://x.example'], 3, /cannot be opened/],
    [['move', 'import', 'package.json', '--to', 'https://x.example'], 2, /no zip archive/],
    [['move', 'import', archive], 2, /no address is given to carry the archive into/],
    [['move', 'export'], 2, /no export is under way, and no address is given/],
    [['move', 'export', '--from', archive], 2, /./],
    [['move', 'export', 'nothing'], 3, /there is no move "nothing"/],
  ])('%j says what is wrong', async (args, exitCode, reason) => {
    const ran = await moving.chaton(...args)

    expect(ran).toMatchObject({ exitCode, stderr: expect.stringMatching(reason) })
  })
})
