import { globSync, readFileSync } from 'node:fs'
import {
  createSourceFile,
  forEachChild,
  isCallExpression,
  isConditionalExpression,
  isFunctionDeclaration,
  isGetAccessor,
  isPropertyAssignment,
  isReturnStatement,
  isStringLiteralLike,
  isTemplateExpression,
  ScriptTarget,
  type Expression,
  type Node,
} from 'typescript'
import { describe, expect, test } from 'vitest'
import { isKnownReason, reasonIn } from '../../src/move/report/reasons.ts'
import { frenchReasons } from '../../src/move/report/reasons-fr.ts'

describe('a reason in French', () => {
  test.each([
    ['run the move again', 'relancez le déménagement'],
    ['the destination refuses the name: names must not end with ".part"', 'le nouvel hébergeur refuse ce nom : un nom ne doit pas finir par « .part »'],
    ['it is mounted into your account ("circle") and not part of it', 'affiché dans votre compte ("circle") sans en faire partie'],
    ['its folder "Photos" was not carried: it was shared with you and belongs to somebody else', 'son dossier « Photos » n’a pas déménagé : partagé avec vous : il appartient à quelqu’un d’autre'],
    ['"film.mov" was damaged on its way: MD5 of its part 3 0a when it was sent, 0b at the destination', '« film.mov » a été abîmé en chemin : MD5 de sa partie 3 : 0a à l’envoi, 0b dans le nouveau compte'],
    ['somebody else has made the folder "Été"', 'quelqu’un d’autre a créé le dossier « Été »'],
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

/** Functions that take a reason, or an advice, as a text, from this argument on. */
const takers: Readonly<Record<string, number>> = { because: 0, refused: 1, differ: 2, '#refuse': 1 }

/** Texts behind `reason:` and `next:`, in calls of those functions and in answers of `difference…`; a place in a template counts as any word. */
function reasonsIn(path: string): string[] {
  const found: string[] = []
  const take = (node: Expression): void => {
    if (isConditionalExpression(node)) [node.whenTrue, node.whenFalse].forEach(take)
    if (isStringLiteralLike(node)) found.push(node.text)
    if (isTemplateExpression(node)) found.push([node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('X'))
  }
  const look = (node: Node): void => {
    if (isPropertyAssignment(node) && ['reason', 'next'].includes(node.name.getText())) take(node.initializer)
    if (isCallExpression(node)) node.arguments.slice(takers[node.expression.getText().replace(/^this\./, '')] ?? Infinity).forEach(take)
    if (isReturnStatement(node) && node.expression !== undefined && answersReason(node)) take(node.expression)
    forEachChild(node, look)
  }
  look(createSourceFile(path, readFileSync(path, 'utf8'), ScriptTarget.Latest, true))
  return found.filter((text) => text.includes(' '))
}

/** Inside a function whose name says that it answers one. */
function answersReason(node: Node): boolean {
  for (let around: Node | undefined = node.parent; around !== undefined; around = around.parent) {
    if (isFunctionDeclaration(around)) return /^(difference|reasonOf)/.test(around.name?.text ?? '')
    if (isGetAccessor(around)) return around.name.getText() === '#advice'
  }
  return false
}

test('every reason that a kind gives is known in French', () => {
  const files = globSync('src/move/**/*.ts').filter((path) => !path.includes('/report/'))
  const unknown = files.flatMap((path) => reasonsIn(path).filter((text) => !isKnownReason(text)).map((text) => `${path}: ${text}`))

  expect(files.flatMap(reasonsIn).length).toBeGreaterThan(40)
  expect(unknown).toEqual([])
})
