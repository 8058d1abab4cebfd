import { describe, expect, it } from 'vitest'
import { zipRequests } from '../../../src/nextcloud/files/zip/requests.ts'

const sizes = (...paths: readonly string[]): Map<string, number> => new Map(paths.map((path) => [path, 1]))
const told = (wanted: { folder: string; files: Map<string, number>; whole?: boolean }) =>
  Array.from(zipRequests('ann', { whole: false, ...wanted }), ({ address, members }) => [decodeURIComponent(address), ...[...members].map(([name, { path }]) => (name === path ? name : `${name} = ${path}`))])

describe('src/nextcloud/files/zip/requests', () => {
  it('asks DAV for a list below a folder, or for the folder', () => {
    const files = sizes('a/b/1.txt', 'a/b/c/2 +&.txt')
    expect(told({ folder: 'a/b', files })).toEqual([['/remote.php/dav/files/ann/a/b?files=["1.txt","c/2 +&.txt"]', '1.txt = a/b/1.txt', 'c/2 +&.txt = a/b/c/2 +&.txt']])
    expect(told({ folder: 'a/b', files, whole: true })).toEqual([['/remote.php/dav/files/ann/a/b', 'b/1.txt = a/b/1.txt', 'b/c/2 +&.txt = a/b/c/2 +&.txt']])
    expect(told({ folder: '', files, whole: true })).toEqual([['/remote.php/dav/files/ann?files=["a/b/1.txt","a/b/c/2 +&.txt"]', 'a/b/1.txt', 'a/b/c/2 +&.txt']])
  })

  it('encodes what would end the list or the address', () => {
    const [request] = zipRequests('ann', { folder: '', files: sizes('a&b=c #1?.txt', 'quote".txt', 'ü%41+.txt'), whole: false })
    expect(request?.address).toMatch(/^\/remote\.php\/dav\/files\/ann\?files=\[[^ &#"+?]+\]$/)
    expect(JSON.parse(new URL(`http://x${request?.address}`).searchParams.get('files') ?? '')).toEqual(['a&b=c #1?.txt', 'quote".txt', 'ü%41+.txt'])
  })

  it('leaves out what the server would give the name of another', () => {
    const wrong = 'a/x/ann/files/a/same.txt'
    expect(told({ folder: 'a', files: sizes('a/same.txt', wrong) })).toEqual([['/remote.php/dav/files/ann/a?files=["same.txt"]', 'same.txt = a/same.txt']])
    expect(told({ folder: 'a', files: sizes('a/same.txt', wrong), whole: true })).toEqual([['/remote.php/dav/files/ann/a', 'a/same.txt']])
    expect(told({ folder: '', files: sizes('ann/files/x') })).toEqual([])
  })

  it('parts long lists, and gives each file once', () => {
    const files = sizes(...Array.from({ length: 500 }, (_, index) => `f/${'é'.repeat(20)}${index}`))
    const requests = [...zipRequests('ann', { folder: 'f', files, whole: false })]
    expect(requests.length).toBeGreaterThan(5)
    expect(requests.every(({ address }) => address.length < 7000)).toBe(true)
    expect(requests.flatMap(({ members }) => Array.from(members.values(), ({ path }) => path))).toEqual([...files.keys()])
  })

  it('takes one name that is longer than a list', () => {
    expect(told({ folder: '', files: sizes('é'.repeat(2000)) }).length).toBe(1)
  })
})
