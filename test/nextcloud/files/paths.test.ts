import { describe, expect, it } from 'vitest'
import { addressOf, namesInHref, nameOf, parentOf } from '../../../src/nextcloud/files/paths.ts'
import { thrownBy } from '../../support/failures.ts'

describe('src/nextcloud/files/paths', () => {
  it.each([
    ['', '/remote.php/dav/files/ann'],
    ['a/b.txt', '/remote.php/dav/files/ann/a/b.txt'],
    ['100%/#1/a+b?.txt', '/remote.php/dav/files/ann/100%25/%231/a%2Bb%3F.txt'],
    ['line\nbreak;é', '/remote.php/dav/files/ann/line%0Abreak%3B%C3%A9'],
  ])('writes the address of %j', (path, address) => {
    expect(addressOf('ann', path)).toBe(address)
    expect(namesInHref(address).join('/')).toBe(path)
  })

  it('encodes the account too', () => {
    expect(addressOf('Ann /é', 'x', 'uploads')).toBe('/remote.php/dav/uploads/Ann%20%2F%C3%A9/x')
  })

  it.each([
    ['/nextcloud/remote.php/dav/files/ann/a/', ['a']],
    ['https://cloud.example.org/remote.php/dav/files/ann/a%20b/c', ['a b', 'c']],
    ['/remote.php/dav/files/ann/', []],
    ['/remote.php/dav/files/ann/remote.php/dav/files/x/y', ['remote.php', 'dav', 'files', 'x', 'y']],
    ['/remote.php/dav/files/ann/e%cc%81', ['é']],
    ['/remote.php/dav/files/ann/%2e%2e%2e', ['...']],
  ])('reads %j', (href, names) => {
    expect(namesInHref(href)).toEqual(names)
  })

  it.each(['', '/', '/elsewhere/ann/x', '/remote.php/webdav/x', '/remote.php/dav/files/ann/..', '/remote.php/dav/files/ann/%2e%2e/x', '/remote.php/dav/files/ann/a%2Fb', '/remote.php/dav/files/ann/a%00b', '/remote.php/dav/files/ann/%E0%A4'])('refuses %j', (href) => {
    expect(thrownBy(() => namesInHref(href))).toMatchObject({ code: 'remote-failed' })
  })

  it('parts a path', () => {
    expect([nameOf('a/b/c'), parentOf('a/b/c'), nameOf('c'), parentOf('c'), parentOf('')]).toEqual(['c', 'a/b', 'c', '', ''])
  })
})
