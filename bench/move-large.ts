import { Readable } from 'node:stream'
import { formatSize } from '../src/kit/bytes.ts'
import { numbers } from './move-data.ts'
import { openMoveLab, whyNoMove } from './move-lab.ts'
import { median, round, type Bench } from './report.ts'

const gibibyte = 2 ** 30
const rounds = 4
const mostMemory = 128

/** Not compressible, cheap to make. */
function noise(bytes: number): Readable {
  const next = numbers(7)
  const block = Buffer.from(Array.from({ length: 2 ** 20 }, () => Math.floor(next() * 256)))
  let left = bytes
  let turn = 0
  return new Readable({
    read() {
      const size = Math.min(left, block.length)
      left -= size
      const chunk = Buffer.from(block.subarray(0, size))
      if (size >= 4) chunk.writeUInt32LE(turn++)
      this.push(size === 0 ? null : chunk)
    },
  })
}

/** One file of 1 GiB from host to host, in turns with rclone. */
export const moveLarge: Bench = {
  unavailable: whyNoMove,
  run: async (report, { scale, firstPort }) => {
    const bytes = Math.round(gibibyte * scale)
    await using lab = await openMoveLab(firstPort)
    await lab.source.files.makeFolder('film')
    await lab.source.files.write('film/film.mov', { stream: noise(bytes), length: bytes }, { over: 'new', mtime: 1_600_000_000 })
    const [ours, compared, theirs, downloaded, memory]: [number[], number[], number[], number[], number[]] = [[], [], [], [], []]
    const rclone = async (turn: number): Promise<void> => {
      const copied = await lab.rclone('film', `rclone-${turn}`)
      theirs.push(copied)
      downloaded.push(copied + (await lab.runRclone('check', 'old:film', `new:rclone-${turn}`, '--download')))
    }
    const chaton = async (turn: number): Promise<void> => {
      const { seconds, checkSeconds, memory: most } = await lab.move({ compare: true })
      ours.push(seconds)
      compared.push(seconds + checkSeconds)
      memory.push(most)
      await lab.destination.files.move('film', `moved-${turn}`)
    }
    // Whoever comes second waits for the disk, on which the first one's bytes are still to be written.
    for (let turn = 0; turn < rounds; turn++) for (const copy of turn % 2 === 0 ? [rclone, chaton] : [chaton, rclone]) await copy(turn)
    const most = Math.max(...memory)
    const beside = (how: string, our: number, otherName: string, their: number): void =>
      report({ figure: `one file of ${formatSize(bytes)}, seconds${how}`, ours: round(our), other: round(their), otherName, ratio: round(their / our), goal: 'not slower', met: our <= their })
    beside('', median(ours), 'rclone', median(theirs))
    beside(', then compared by its hash on both ends', median(compared), 'rclone, then rclone check --download', median(downloaded))
    report({ figure: `resident memory for ${formatSize(bytes)}, MiB`, ours: round(most, 0), other: mostMemory, otherName: 'bound', ratio: round(most / mostMemory), goal: `at most ${mostMemory} MiB`, met: most <= mostMemory })
  },
}
