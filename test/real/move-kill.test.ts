import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { MoveJournal } from '../../src/move/journal.ts'
import { runCli, startCli, type Ended } from '../support/cli.ts'
import { seeded } from '../support/seeded.ts'
import { betweenReleases } from './support/releases.ts'
import { openSpaces, type PersonForTest, type SpacesForTest } from './support/spaces.ts'
import { smallParts } from './support/mover.ts'
import { afterMove, contentOf, plantOwn, plantWhole, withoutSharedTimes, type Content } from './support/whole-account.ts'

/** `kill -9` at random instants of `chaton move run`, several in each move, each followed by the same command again. */

const wanted = Number(process.env['CHATON_TEST_KILLS'] ?? '24')
const killsEach = 8
/** Moves, to different accounts. */
const atOnce = 2
const random = seeded()

const suite = 'kill -9 of chaton move run'
betweenReleases(suite, [['32.0.1', '34.0.1']], (name, [from, to]) => {
  describe(`${suite}: ${name}, ${wanted} times, seed ${random.seed}`, () => {
    let spaces: SpacesForTest
    let source: PersonForTest
    let before: Content

    beforeAll(async () => {
      spaces = await openSpaces({ firstPort: 36_360 })
      source = await (await spaces.space(from)).person('camille')
      await plantWhole(source)
      before = await contentOf(source)
    })
    afterAll(async () => await spaces[Symbol.asyncDispose]())

    /** A move of its own, with a state directory that goes with it. */
    async function begin(number: number): Promise<{ readonly run: () => ReturnType<typeof startCli>; readonly check: () => Promise<void> }> {
      const destination = await (await spaces.space(to)).person(`new-${number}`)
      await plantOwn(destination)
      const own = await contentOf(destination)
      const state = mkdtempSync(join(tmpdir(), 'chaton-kill-'))
      onTestFinished(() => rmSync(state, { recursive: true, force: true }))
      const env = { CHATON_STATE_DIRECTORY: state, CHATON_MOVE_FROM_PASSWORD: source.password, CHATON_MOVE_TO_PASSWORD: destination.password }
      const flags = ['--from', source.url, '--to', destination.url, '--from-user', source.userId, '--to-user', destination.userId, '--only', 'files,calendars,contacts', '--no-input', '--json']
      const planned = await runCli(['move', 'plan', ...flags], env)
      expect(planned).toMatchObject({ exitCode: 0 })
      const { move } = JSON.parse(planned.stdout) as { move: string }
      using journal = new MoveJournal(join(state, 'moves', move, 'journal.db'))
      journal.setFact('files.limits', JSON.stringify(smallParts))
      return {
        run: () => startCli(['move', 'run', ...flags], env),
        check: async () => expect(withoutSharedTimes(await contentOf(destination))).toEqual(afterMove(before, own)),
      }
    }

    const whole = (ended: Ended, at: object): void => expect({ ...(JSON.parse(ended.stdout || '{}') as object), ...at, exitCode: ended.exitCode, stderr: ended.stderr }).toMatchObject({ ...at, exitCode: 0, phase: 'done', whole: true })

    it(
      'ends, by the same command again, with identical trees, nothing twice, nothing overwritten',
      async () => {
        const first = await begin(0)
        const began = performance.now()
        whole(await first.run().ended, { move: 0 })
        let span = performance.now() - began
        await first.check()
        console.log(`CHATON_TEST_SEED=${random.seed}; an undisturbed move takes ${Math.round(span)} ms`)

        const done = { kills: 0, moves: 0 }
        const enough = (): boolean => done.kills >= wanted
        const oneMove = async (number: number): Promise<void> => {
          const drawn = seeded(random.seed + number)
          const move = await begin(number)
          const instants: number[] = []
          let ended: Ended | undefined
          for (let turn = 0; turn < killsEach && !enough() && ended === undefined; turn++) {
            const run = move.run()
            const started = performance.now()
            const instant = Math.round(drawn.next() * span)
            const timer = setTimeout(() => run.child.kill('SIGKILL'), instant)
            const outcome = await run.ended
            clearTimeout(timer)
            if (outcome.signal === 'SIGKILL') {
              done.kills += 1
              span *= 1.1
              instants.push(instant)
              await delay(drawn.next() * 300)
            } else {
              ended = outcome
              // What is left of a move takes less, and machines are not always as busy.
              span = (span + performance.now() - started) / 2
            }
          }
          whole(ended ?? (await move.run().ended), { move: number, instants })
          await move.check()
          console.log(`move ${number}: killed after ${instants.join(', ')} ms; ${done.kills} kills so far`)
        }
        const worker = async (): Promise<void> => {
          while (!enough()) await oneMove(++done.moves)
        }
        await Promise.all(Array.from({ length: atOnce }, worker))
        console.log(`${done.kills} kills in ${done.moves} moves; all came to their end with the same trees`)
        expect(done.kills).toBeGreaterThanOrEqual(wanted)
      },
      Math.max(300_000, wanted * 40_000),
    )
  })
})
