import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/kit/clock.ts'
import { files } from '../../src/move/files/index.ts'
import { shares } from '../../src/move/shares/index.ts'
import { ask } from '../conformance/wire.ts'
import { startSmtpServer, type TestServer } from '../mail/smtp/server.ts'
import { moveBetween, newJournal, type MoveForTest } from '../move/support/accounts.ts'
import { ocs, share, sharesOf } from './kinds/ocs.ts'
import { betweenReleases } from './support/releases.ts'
import { openSpaces, type PersonForTest, type SpacesForTest } from './support/spaces.ts'

/** What is shared with whom, looked at afterwards by plain requests; nobody gets a mail. */

const pairs = [['32.0.1', '34.0.1'], ['28.0.2', '32.0.1'], ['34.0.1', '29.0.1']] as const
const suite = 'move of shares'
const files_ = ['Photos/mer.txt', 'Photos/été/plage.txt', 'Projet/plan.txt', 'Dépôt/note.txt', 'Secret/a.txt', 'seul.txt']

async function put(person: PersonForTest, path: string, body = path): Promise<void> {
  const wire = { url: person.url, user: person.userId, password: person.password }
  const names = path.split('/')
  for (let depth = 1; depth < names.length; depth++) await ask(wire, 'MKCOL', `/remote.php/dav/files/${person.userId}/${names.slice(0, depth).map(encodeURIComponent).join('/')}`)
  expect((await ask(wire, 'PUT', `/remote.php/dav/files/${person.userId}/${names.map(encodeURIComponent).join('/')}`, { body })).status).toBe(201)
}

const openLink = async (url: string): Promise<number> => (await fetch(url, { redirect: 'manual' })).status

betweenReleases(suite, pairs, (name, [from, to]) => {
  const silent = Number(to.split('.')[0]) >= 30
  describe(`${suite}: ${name}`, () => {
    let smtp: TestServer
    let spaces: SpacesForTest
    let source: PersonForTest
    let destination: PersonForTest
    let lou: PersonForTest
    let move: MoveForTest
    const journal = newJournal()
    const mails = () => smtp.mails.map(({ recipients, parsed }) => `${recipients.join()}: ${parsed.subject ?? ''}`)

    beforeAll(async () => {
      smtp = await startSmtpServer()
      spaces = await openSpaces({ firstPort: 36_100, settings: { mailUrl: `smtp://127.0.0.1:${smtp.port}`, mailFrom: 'Les Chats <bonjour@chats.example>' } })
      const [old, young] = [await spaces.space(from), await spaces.space(to)]
      for (const { occ } of [old, young]) {
        await occ('config:system:set', 'allow_local_remote_servers', '--value=true', '--type=boolean')
        await occ('group:add', 'jardin')
        await occ('group:add', 'tous')
      }
      source = await old.person('camille')
      destination = await young.person('camille')
      lou = await young.person('lou')
      await old.person('lou')
      await old.person('max')
      // Another person of the same name.
      await old.person('alex')
      await young.person('alex')
      await young.occ('user:setting', 'alex', 'settings', 'email', 'autre@example.net')
      for (const { occ } of [old, young]) await occ('group:adduser', 'jardin', 'camille')
      await old.occ('group:adduser', 'tous', 'camille')
      for (const path of files_) await put(source, path)
      await share(source, { path: '/Photos', shareType: '3', permissions: '1', label: 'Vacances', note: 'pour tout le monde', expireDate: '2099-12-24' })
      await share(source, { path: '/Photos/été', shareType: '3', permissions: '15' })
      const drop = await share(source, { path: '/Dépôt', shareType: '3', permissions: '4' })
      await ocs(source, 'PUT', `shares/${drop['id'] ?? ''}`, { permissions: '4', hideDownload: 'true' })
      const hidden = await share(source, { path: '/seul.txt', shareType: '3' })
      await ocs(source, 'PUT', `shares/${hidden['id'] ?? ''}`, { hideDownload: 'true' })
      await share(source, { path: '/Secret', shareType: '3', password: 'Gefahr-1729-lang' })
      await share(source, { path: '/Projet', shareType: '0', shareWith: 'lou', permissions: '15' })
      await share(source, { path: '/Projet', shareType: '0', shareWith: 'max', permissions: '1' })
      await share(source, { path: '/Projet', shareType: '0', shareWith: 'alex', permissions: '1' })
      await share(source, { path: '/Photos', shareType: '1', shareWith: 'jardin', permissions: '1' })
      await share(source, { path: '/Photos', shareType: '1', shareWith: 'tous', permissions: '1' })
      await share(source, { path: '/Projet/plan.txt', shareType: '4', shareWith: 'zoe@example.net', permissions: '1' })
      await share(source, { path: '/Dépôt', shareType: '6', shareWith: `lou@${young.url}`, permissions: '1' })
      await share(source, { path: '/Secret', shareType: '6', shareWith: `camille@${young.url}`, permissions: '1' })
      await new Promise((resolve) => setTimeout(resolve, 1000))
      smtp.mails.length = 0
      move = moveBetween({ source: source.remote, destination: destination.remote, journal: journal.path })
    })
    afterAll(async () => {
      move[Symbol.dispose]()
      journal[Symbol.dispose]()
      await spaces[Symbol.asyncDispose]()
      await smtp[Symbol.asyncDispose]()
    })

    it('arrives with its terms, and nobody gets a mail', async () => {
      console.log(JSON.stringify(await sharesOf(source), null, 1).slice(0, 60_000))
      console.log(await shares.inventory(move))
      await files.run(move)
      const tally = await shares.run(move)
      console.log(tally)
      console.log(JSON.stringify(await sharesOf(destination), null, 1))
      console.log(await shares.verify(move), mails())
    })
  })
})
