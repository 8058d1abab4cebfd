import { globSync, readFileSync } from 'node:fs'
import { createSourceFile, forEachChild, isPropertyAssignment, isStringLiteralLike, isTemplateExpression, ScriptTarget, type Node } from 'typescript'
import { describe, expect, test } from 'vitest'
import { isKnownReason, reasonIn } from '../../src/move/report/reasons.ts'
import { frenchReasons } from '../../src/move/report/reasons-fr.ts'

describe('a reason in French', () => {
  test.each([
    ['run the move again', 'relancez le déménagement'],
    ['the destination refuses the name: names must not end with ".part"', 'le nouvel hébergeur refuse ce nom : un nom ne doit pas finir par « .part »'],
    ['it is mounted into your account ("circle") and not part of it', 'affiché dans votre compte ("circle") sans en faire partie'],
    ['its folder "Photos" was not carried: it was shared with you and belongs to somebody else', 'son dossier « Photos » n’a pas déménagé : partagé avec vous : il appartient à quelqu’un d’autre'],
    ['listing "a": the server answered 403 (Forbidden)', 'listing "a" : le serveur a répondu 403 (Forbidden)'],
  ])('%s', (english, french) => {
    expect(reasonIn('fr', english)).toBe(french)
    expect(reasonIn('en', english)).toBe(english)
  })

  test('what is not known stays as it is', () => {
    expect(reasonIn('fr', 'no answer from x')).toBe('no answer from x')
  })

  test('has as many places as the English one', () => {
    const places = (text: string): number => text.split('{}').length

    expect(frenchReasons.filter(([english, french]) => places(english) !== places(french))).toEqual([])
  })
})

/** What stands behind `reason:` and `next:` in a source as a text; a place in a template counts as any word. */
function reasonsIn(path: string): string[] {
  const found: string[] = []
  const look = (node: Node): void => {
    const named = isPropertyAssignment(node) && ['reason', 'next'].includes(node.name.getText()) ? node.initializer : undefined
    if (named !== undefined && isStringLiteralLike(named)) found.push(named.text)
    if (named !== undefined && isTemplateExpression(named)) found.push([named.head.text, ...named.templateSpans.map(({ literal }) => literal.text)].join('X'))
    forEachChild(node, look)
  }
  look(createSourceFile(path, readFileSync(path, 'utf8'), ScriptTarget.Latest, true))
  return found
}

test('every reason that a kind gives is known in French', () => {
  const files = globSync('src/move/**/*.ts').filter((path) => !path.includes('reasons'))
  const unknown = files.flatMap((path) => reasonsIn(path).filter((text) => !isKnownReason(text)).map((text) => `${path}: ${text}`))

  expect(files.flatMap(reasonsIn).length).toBeGreaterThan(40)
  expect(unknown).toEqual([])
})
