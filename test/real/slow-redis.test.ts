import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { openLab } from './support/host.ts'
import { lacks, releasesHere } from './support/machine.ts'

const release = releasesHere().at(-1) ?? 'any'
const missing = lacks({ release, postgresql: true })

it.skipIf(missing !== undefined)(`Redis may take its time to start: the space is provisioned all the same${missing === undefined ? '' : ` (this machine lacks ${missing})`}`, async () => {
  await using lab = await openLab({ golden: false, redis: 'on' })
  const { processes } = lab.engine.parts
  const start = processes.ensure.bind(processes)
  processes.ensure = async (space) => {
    await delay(2000)
    return await start(space)
  }
  const target = lab.target({ release })
  await lab.engine.ensureDatabase(target)
  await lab.engine.ensureVolume(target)
  await lab.engine.ensureConfig(target)
  await expect(lab.engine.ensureAdministrator(target)).resolves.toMatchObject({ changed: true })
})
