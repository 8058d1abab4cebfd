import { availableParallelism } from 'node:os'
import type { BulkPart, RemoteFiles } from '../src/nextcloud/files/contract.ts'
import { writeSmallFiles } from './move-data.ts'
import { openMoveLab, whyNoMove, type MoveLab } from './move-lab.ts'
import { hasNextcloudcmd, nextcloudcmd } from './nextcloudcmd.ts'
import { median, round, timed, type Bench } from './report.ts'

const all = 1000
const rounds = 3

/** Nothing but the bytes: the folder as one zip out, then bulk uploads of 50 files by two workers into folders that are there. */
export async function bare({ source, destination }: MoveLab, { target, count }: { readonly target: string; readonly count: number }): Promise<number> {
  const sizes = new Map<string, number>()
  const folders: string[] = []
  await walk(source.files, 'small', (path, size) => void (size === undefined ? folders.push(path) : sizes.set(path, size)))
  const move = (path: string): string => `${target}${path.slice('small'.length)}`
  for (const folder of ['small', ...folders]) await destination.files.makeFolder(move(folder))
  const parts: BulkPart[] = []
  const out = await timed(async () => {
    for await (const { path, bytes } of source.files.readMany('small', sizes, { whole: true })) parts.push({ path: move(path), bytes, mtime: 1_600_000_000 })
  })
  if (parts.length !== count) throw new Error(`the zip gave ${parts.length} of ${count} files`)
  const batches = Array.from({ length: Math.ceil(count / 50) }, (_, index) => parts.slice(index * 50, (index + 1) * 50))
  const worker = async (): Promise<void> => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) await destination.files.writeMany(batch)
  }
  return out + (await timed(async () => void (await Promise.all([worker(), worker()]))))
}

async function walk(files: RemoteFiles, folder: string, visit: (path: string, size: number | undefined) => void): Promise<void> {
  for await (const entry of files.list(folder)) {
    visit(entry.path, entry.folder ? undefined : entry.size)
    if (entry.folder) await walk(files, entry.path, visit)
  }
}

/** A thousand files of 0.5 to 20 KB from host to host, beside the two fast requests alone, rclone, and the desktop client where it is installed. */
export const moveSmall: Bench = {
  unavailable: whyNoMove,
  run: async (report, { scale, firstPort }) => {
    const count = all * scale
    await using lab = await openMoveLab(firstPort)
    await writeSmallFiles(lab.source.files, count)
    const [ours, processors, floors, theirs]: [number[], number[], number[], number[]] = [[], [], [], []]
    for (let turn = 0; turn < rounds; turn++) {
      floors.push(await bare(lab, { target: `bare-${turn}`, count }))
      const { seconds, processor } = await lab.move()
      ours.push(seconds)
      processors.push(processor)
      await lab.destination.files.move('small', `moved-${turn}`)
      if (turn === 0) theirs.push(await lab.rclone('small', 'rclone', '--transfers', '8', '--checkers', '8'))
    }
    const [our, floor, their] = [median(ours), median(floors), median(theirs)]
    report({ figure: `${count} small files, seconds`, ours: round(our), other: round(floor), otherName: 'zip out and bulk in alone', ratio: round(our / floor), goal: 'at most 1.3 times', met: our <= 1.3 * floor })
    report({ figure: `${count} small files, seconds`, ours: round(our), other: round(their), otherName: 'rclone, 8 transfers', ratio: round(their / our), goal: 'at least 10 times faster', met: their >= 10 * our })
    const [own, meanwhile] = [median(processors), our * availableParallelism()]
    report({ figure: `${count} small files, seconds of processor time`, ours: round(own), other: round(meanwhile), otherName: `of the ${availableParallelism()} processors meanwhile, which also run both servers`, ratio: round(own / meanwhile), goal: 'at most a tenth', met: own <= meanwhile / 10 })
    if (!hasNextcloudcmd()) return console.error('nextcloudcmd is not installed: not compared with it')
    await lab.destination.files.makeFolder('nextcloudcmd')
    const client = await nextcloudcmd(lab, { from: 'small', to: 'nextcloudcmd' })
    report({ figure: `${count} small files, seconds`, ours: round(our), other: round(client), otherName: 'nextcloudcmd, down and up', ratio: round(client / our), goal: 'faster', met: client > our })
    return undefined
  },
}
