import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commonFlags } from '../../src/cli/main.ts'
import { groups, table } from '../../src/cli/table.ts'

const root = resolve(import.meta.dirname, '../..')
const pages = globSync('**/*.md', { cwd: root, exclude: (name) => ['node_modules', 'dist', '.git'].includes(name) })

/** As GitHub makes the anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-')

const anchorsOf = (text: string): string[] => [...text.matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) => anchorOf(heading))

/** What is wrong with the relative links of a page. */
function deadLinks(page: string, text: string): string[] {
  const prose = text.replaceAll(/```[\s\S]*?```/g, '').replaceAll(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^[a-z]+:/.test(link)) return []
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? join(root, page) : resolve(root, dirname(page), path)
    if (!existsSync(target)) return [link]
    const known = anchor === undefined || (statSync(target).isFile() && anchorsOf(readFileSync(target, 'utf8')).includes(anchor))
    return known ? [] : [link]
  })
}

/** Files of this repository that a page names in backticks and that are not there; `<placeholders>` and `*` aside. */
function missingFiles(text: string): string[] {
  return [...text.matchAll(/`((?:src|test|docs|templates|fixtures|scripts|bench|bin)\/[^`\s]*)`/g)].flatMap(([, path = '']) =>
    /[<*{]/.test(path) || existsSync(join(root, path)) ? [] : [path],
  )
}

/** Commands and flags that a text tells people to type and that chaton does not have. */
function unknownCommands(text: string): string[] {
  return [...text.matchAll(/\bchaton ([a-z]+)(?: ([a-z]+))?([^\n'"`,;)]*)/g)].flatMap(([whole, noun = '', verb, rest = '']) => {
    const entry = table.find(({ path }) => path === `${noun} ${verb ?? ''}`) ?? table.find(({ path }) => path === noun)
    if (entry === undefined) return noun in groups && verb !== undefined ? [whole] : []
    const own = [...(entry.flags ?? []).map(({ flags }) => flags), ...commonFlags.map(([flags]) => flags), '--help', ...(entry.changes === true ? ['--dry-run'] : [])]
    const known = own.map((flags) => flags.split(' ')[0])
    const [typed = ''] = rest.split(' -- ')
    return [...typed.matchAll(/(?<=\s)--[a-z][a-z0-9-]*/g)].filter(([flag]) => !known.includes(flag)).map(([flag]) => `${whole.trim()}: ${flag}`)
  })
}

describe.each(pages)('%s', (page) => {
  const text = readFileSync(join(root, page), 'utf8')

  test('has no dead link and names no file that is not there', () => {
    expect([...deadLinks(page, text), ...missingFiles(text)]).toEqual([])
  })

  test('tells nobody to type what chaton does not know', () => {
    const code = [...text.matchAll(/```[\s\S]*?```|`[^`\n]*`/g)].map(([block]) => block)
    expect(code.flatMap(unknownCommands)).toEqual([])
  })
})

test('no message, help or template tells people to type what chaton does not know', () => {
  const files = globSync('{src,templates}/**/*.{ts,tsx,hbs,json,html}', { cwd: root })
  const found = files.flatMap((file) => unknownCommands(readFileSync(join(root, file), 'utf8')).map((words) => `${file}: ${words}`))

  expect(found).toEqual([])
})

test('the checks find what is wrong', () => {
  expect(deadLinks('README.md', '[a](docs/nowhere.md) [b](README.md#no-such-heading) [c](https://example.org) `[d](x)`')).toEqual(['docs/nowhere.md', 'README.md#no-such-heading'])
  expect(missingFiles('`src/cli/main.ts` `src/no/such.ts` `test/<name>.ts`')).toEqual(['src/no/such.ts'])
  expect(unknownCommands('chaton space restore a --from b')).toEqual(['chaton space restore a --from b: --from'])
  expect(unknownCommands('chaton space undelete x')).toEqual(['chaton space undelete x'])
  expect(unknownCommands('chaton space occ x -- app:list --shipped=true')).toEqual([])
})
