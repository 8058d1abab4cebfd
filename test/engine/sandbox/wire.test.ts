import { rm } from 'node:fs/promises'
import { choosePassword, provision } from '../../conformance/engine-steps.ts'
import { describeNextcloudHttp } from '../../conformance/nextcloud.ts'
import { sandboxForTest } from './setup.ts'

describeNextcloudHttp('sandbox', async () => {
  const { engine, newTarget, directory } = await sandboxForTest()
  const target = newTarget()
  await provision(engine, target)
  const { administrator, owner } = target
  const { link } = await engine.invite(target, { userId: administrator, displayName: owner.name, email: owner.email, locale: owner.locale })
  const accountPassword = 'Camille-Passwort-1729'
  await choosePassword(engine, target, link, accountPassword)
  const credentials = await engine.createAppPassword(target, administrator, 'wire test')
  const first = { url: engine.address(target).url, user: credentials.userId, password: credentials.password, accountPassword }
  return {
    ...first,
    cleanup: async () => {
      await engine.remove(target)
      await rm(directory, { recursive: true, force: true })
    },
  }
})
