import { describe, expect, test } from 'vitest'
import { Hostname, suggestHostname } from '../../src/model/hostname.ts'

describe('a domain name', () => {
  test.each(['nuage.jardin-partage.org', 'chaton.localhost', 'xn--caf-dma.example', 'a.bc'])('%s is one', (name) => {
    expect(Hostname.safeParse(name).success).toBe(true)
  })

  test.each([
    ['https://collectifs.example.org/', 'collectifs.example.org'],
    ['Collectifs.Example.org', 'collectifs.example.org'],
    ['nuage.été.org', 'nuage.xn--t-9fab.org'],
    ['collectifs.example.org:8443', 'collectifs.example.org'],
    ['pas un domaine', undefined],
    ['localhost', undefined],
    ['192.0.2.1', undefined],
    ['-a.example', undefined],
    ['', undefined],
  ])('%j is none; meant is perhaps %j', (text, meant) => {
    const { error } = Hostname.safeParse(text)

    expect(error?.issues[0]?.message).toContain(meant === undefined ? 'such as nuage.jardin-partage.org' : `for example ${meant}`)
    expect(suggestHostname(text)).toBe(meant)
  })
})
