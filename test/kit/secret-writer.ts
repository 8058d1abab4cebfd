/**
 * A process that writes secrets: `node secret-writer.ts <directory> <prefix> <count>` sets `<prefix>/<n>` so many times, and
 * prints the value of `shared`, which it makes if it is the first.
 */
import { randomWord } from '../../src/kit/random.ts'
import { openSecretFile } from '../../src/kit/secrets-file.ts'

const [directory = '', prefix = '', count = '0'] = process.argv.slice(2)
const secrets = openSecretFile({ directory })
const shared = await secrets.getOrCreate('shared', () => randomWord())
for (let number = 0; number < Number(count); number++) await secrets.set(`${prefix}/${number}`, `value of ${prefix} ${number}`)
process.stdout.write(shared)
