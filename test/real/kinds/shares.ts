import { expect } from 'vitest'
import type { PersonForTest } from '../support/spaces.ts'
import type { KindFixture } from './contract.ts'
import { ocs, share, sharesOf, type ShareData } from './ocs.ts'

const friendOf = ({ userId }: PersonForTest): string => `${userId}-lou`
const silent = ({ space }: PersonForTest): boolean => Number(space.release.split('.')[0]) >= 30
const status = async (url: string): Promise<number> => (await fetch(url, { redirect: 'manual' })).status
const fieldsOf = (one: ShareData): string => [one['path'], one['share_type'], Number(one['permissions']) & 15, one['label'], one['note'], one['hide_download'], String(one['expiration']).slice(0, 10)].join(' | ')

/** After the files: public links, one of them closed, and a person who has an account on both sides. */
export const sharesFixture: KindFixture = {
  kind: 'shares',
  async plant(source, destination) {
    for (const space of new Set([source.space, destination.space])) await space.person(friendOf(source))
    const link = await share(source, { path: '/many', shareType: '3', label: 'Beaucoup', note: 'à lire', expireDate: '2099-12-24' })
    await ocs(source, 'PUT', `shares/${String(link['id'])}`, { hideDownload: 'true' })
    const drop = await share(source, { path: '/Été/vide', shareType: '3', permissions: '4' })
    await ocs(source, 'PUT', `shares/${String(drop['id'])}`, { permissions: '4' })
    await share(source, { path: '/middle.bin', shareType: '3', password: 'Mot-de-passe-1729-long' })
    await share(source, { path: '/Été', shareType: '0', shareWith: friendOf(source), permissions: '15' })
  },
  async check(source, destination) {
    const [here, there] = [await sharesOf(source), await sharesOf(destination)]
    expect(here).toHaveLength(4)
    const open = here.filter(({ path, share_type: type }) => path !== '/middle.bin' && (type === 3 || silent(destination)))
    expect(there.map((one) => fieldsOf(one)).toSorted()).toEqual(open.map((one) => fieldsOf(one)).toSorted())
    for (const { url } of there.filter(({ share_type: type }) => type === 3)) expect([url, await status(String(url))]).toEqual([url, 200])
    expect(there.filter(({ share_type: type }) => type === 0).map((one) => one['share_with'])).toEqual(silent(destination) ? [friendOf(source)] : [])
  },
}
