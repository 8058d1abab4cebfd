import { writeSmallFiles } from './move-data.ts'
import { openMoveLab, whyNoMove } from './move-lab.ts'
import { median, round, type Bench } from './report.ts'

const all = 1000
const rounds = 3
const eachWayMs = 50

/** A thousand small files between two hosts that are 50 milliseconds away, each way: a proxy before both delays every byte. */
export const moveLatency: Bench = {
  unavailable: whyNoMove,
  run: async (report, { scale, firstPort }) => {
    const count = all * scale
    await using lab = await openMoveLab(firstPort, { eachWayMs })
    await writeSmallFiles(lab.source.files, count)
    const ours: number[] = []
    for (let turn = 0; turn < rounds; turn++) {
      ours.push((await lab.move()).seconds)
      await lab.destination.files.move('small', `moved-${turn}`)
    }
    const [our, their] = [median(ours), await lab.rclone('small', 'rclone', '--transfers', '8', '--checkers', '8')]
    report({ figure: `${count} small files, hosts ${eachWayMs} ms away, seconds`, ours: round(our), other: round(their), otherName: 'rclone, 8 transfers', ratio: round(their / our), goal: 'at least 15 times faster', met: their >= 15 * our })
  },
}
