import { formatSize } from '../src/kit/bytes.ts'
import { homeOf, writeHome } from './move-home.ts'
import { openMoveLab, whyNoMove } from './move-lab.ts'
import { round, type Bench } from './report.ts'
import { userMigration, whyNoUserMigration } from './user-migration.ts'

/** A home of 2 GiB as people have it, beside rclone and beside an archive of the app `user_migration`. */
export const moveMixed: Bench = {
  unavailable: whyNoMove,
  run: async (report, { scale, firstPort }) => {
    await using lab = await openMoveLab(firstPort, { userIds: ['camille', 'admin'] })
    const home = homeOf(scale)
    await writeHome(lab.source.files, home)
    const { seconds, memory } = await lab.move()
    const words = `${home.files.length} files of ${formatSize(home.bytes)} in all, seconds`
    const goal = 'at least 3 times faster'
    const beside = (otherName: string, theirs: number): void =>
      report({ figure: words, ours: round(seconds), other: round(theirs), otherName, ratio: round(theirs / seconds), goal, met: theirs >= 3 * seconds })
    report({ figure: 'resident memory for them, MiB', ours: round(memory, 0), other: 128, otherName: 'bound', ratio: round(memory / 128), goal: 'at most 128 MiB', met: memory <= 128 })
    await lab.destination.files.makeFolder('rclone')
    beside('rclone, 8 transfers', await lab.rclone('', 'rclone', '--transfers', '8', '--checkers', '8'))
    const missing = whyNoUserMigration()
    if (missing === undefined) beside('user_migration: export, up, down, import', await userMigration(lab))
    else console.error(`user_migration: not compared with: ${missing}`)
  },
}
