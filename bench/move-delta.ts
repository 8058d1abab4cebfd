import { writeSmallFiles } from './move-data.ts'
import { openMoveLab, whyNoMove } from './move-lab.ts'
import { median, round, type Bench } from './report.ts'

const all = 10_000
const rounds = 5

/** Ten thousand files: what each costs beside a thousand, and what a pass costs when nothing has changed. */
export const moveDelta: Bench = {
  unavailable: whyNoMove,
  run: async (report, { scale, firstPort }) => {
    const many = all * scale
    const few = many / 10
    await using lab = await openMoveLab(firstPort)
    await writeSmallFiles(lab.source.files, few)
    const first = await lab.move()
    await lab.destination.files.move('small', 'first')
    await lab.source.files.move('small', 'few')
    await writeSmallFiles(lab.source.files, many)
    await lab.destination.files.move('first', 'few')
    const second = await lab.move()
    const [each, before] = [(second.seconds / many) * 1000, (first.seconds / few) * 1000]
    report({ figure: `each of ${many} files, milliseconds`, ours: round(each), other: round(before), otherName: `each of ${few}`, ratio: round(each / before), goal: 'at most 1.2 times', met: each <= 1.2 * before })
    const ours: number[] = []
    for (let turn = 0; turn < rounds; turn++) ours.push((await lab.move({ journal: second.journal })).seconds)
    const [our, their] = [median(ours), await lab.rclone('small', 'small', '--transfers', '8', '--checkers', '8')]
    report({ figure: `nothing changed over ${many} files, seconds`, ours: round(our), other: round(their), otherName: 'second run of rclone', ratio: round(their / our), goal: 'under 1 s, at least 20 times faster', met: our < 1 && their >= 20 * our })
    const most = Math.max(first.memory, second.memory)
    report({ figure: `resident memory for ${many} files, MiB`, ours: round(most, 0), other: 128, otherName: 'bound', ratio: round(most / 128), goal: 'at most 128 MiB', met: most <= 128 })
  },
}
