import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { modeOf, siteAddress, siteFile } from '../../../../src/engine/host/sites/caddyfile.ts'
import { hasProgram, run } from '../../../../src/kit/exec.ts'
import { exampleSpace } from '../processes/example-space.ts'

const config = { webMode: 'public' as const, hosterName: 'Les Chats', hosterSupport: 'https://help.example.org/?a=1&b=2' }
const space = exampleSpace('/var/lib/chaton', 'jardin', { port: 20_001 })

describe('siteAddress', () => {
  it.each([
    ['loopback', 'http://:20001'],
    ['internal', 'https://jardin.chaton.test'],
    ['public', 'https://jardin.chaton.test'],
  ] as const)('in mode %s is %s', (webMode, address) => {
    expect(siteAddress({ webMode }, space.target)).toBe(address)
  })

  it('needs a port in mode loopback', () => {
    expect(() => siteAddress({ webMode: 'loopback' }, exampleSpace('/s', 'jardin').target)).toThrow(/no loopback port/)
  })
})

describe('siteFile', async () => {
  it('names its mode', async () => {
    expect(modeOf(await siteFile(config, space, 'live'))).toBe('live')
    expect(modeOf(await siteFile(config, space, 'suspended'))).toBe('suspended')
    const named = exampleSpace('/s', 'suspended', { port: 1 })
    expect(modeOf(await siteFile(config, named, 'live'))).toBe('live')
  })

  it('promises HTTPS for the future only where there is HTTPS', async () => {
    for (const mode of ['live', 'suspended'] as const) {
      expect(await siteFile(config, space, mode)).toContain('Strict-Transport-Security')
      expect(await siteFile({ ...config, webMode: 'loopback' }, space, mode)).not.toContain('Strict-Transport-Security')
    }
    expect(await siteFile({ ...config, webMode: 'internal' }, space, 'live')).toContain('\ttls internal\n')
    expect(await siteFile(config, space, 'live')).not.toContain('tls internal')
  })

  it('lets no name of the hoster out of the page of a suspended space', async () => {
    const text = await siteFile({ ...config, hosterName: '<b>{env.HOME}`', hosterSupport: 'javascript:alert(1)' }, space, 'suspended')
    const page = text.slice(text.indexOf('respond `') + 9, text.lastIndexOf('`'))
    expect(page).toContain('&lt;b&gt;')
    expect(page).not.toMatch(/[`{}]|<b>/)
    expect(page).toContain('Rien n’est perdu')
    expect(page).toContain('Nothing is lost')
  })

  it('refuses a path that Caddy would read as something else', async () => {
    await expect(siteFile(config, { ...space, release: '/srv/my releases/{x}' }, 'live')).rejects.toMatchObject({ code: 'machine-not-ready' })
  })

  describe.runIf(await hasProgram('caddy'))('for Caddy itself', () => {
    it.each(['loopback', 'internal', 'public'] as const)('is valid in mode %s', async (webMode) => {
      const folder = await mkdtemp(join(tmpdir(), 'chaton-caddyfile-'))
      try {
        for (const mode of ['live', 'suspended'] as const) {
          const file = join(folder, mode)
          await writeFile(file, await siteFile({ ...config, webMode }, space, mode))
          expect(JSON.parse((await run('caddy', ['adapt', '--adapter', 'caddyfile', '--config', file])).stdout)).toHaveProperty('apps.http.servers')
        }
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
  })
})
