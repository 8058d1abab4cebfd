import { componentsOf, type Component, type ContentLine } from './content-lines.ts'

/** Written by programs about themselves, anew with each change. */
const aboutPrograms = new Set(['PRODID'])

/** Nor is the calendar of all the world worth a word: it is meant where none is named (RFC 5545, 3.7.1). */
const saysSomething = ({ name, value }: ContentLine): boolean => !aboutPrograms.has(name) && !(name === 'CALSCALE' && value.trim().toUpperCase() === 'GREGORIAN')

/**
 * Whether two texts of iCalendar or vCard say the same: folds, line ends, order of lines and parameters, upper and lower case of names
 * and who wrote it (PRODID) do not matter. Texts that cannot be read are the same only if they are equal. Pure.
 */
export function saysTheSame(one: string, other: string): boolean {
  if (one === other) return true
  const [a, b] = [canonical(one), canonical(other)]
  return a !== undefined && a === b
}

/** Lines of `source` that `arrived` does not have, for people; what a server adds when it tidies does not matter. Pure. */
export function lostLines(source: string, arrived: string): string[] {
  const have = new Set(flat(arrived))
  return flat(source).filter((line) => !have.has(line))
}

const flat = (text: string): string[] => (componentsOf(text) ?? []).flatMap((component) => linesBelow(component, component.name))

const linesBelow = (component: Component, path: string): string[] => [
  ...component.lines.filter(saysSomething).map((line) => `${path}: ${canonicalLine(line)}`),
  ...component.components.flatMap((inner) => linesBelow(inner, `${path}/${inner.name}`)),
]

const canonical = (text: string): string | undefined => componentsOf(text)?.map(canonicalComponent).toSorted().join('\n')

function canonicalComponent({ name, lines, components }: Component): string {
  const own = lines.filter(saysSomething).map(canonicalLine)
  return [`BEGIN:${name}`, ...own.toSorted(), ...components.map(canonicalComponent).toSorted(), `END:${name}`].join('\n')
}

function canonicalLine({ group, name, parameters, value }: ContentLine): string {
  const listed = [...parameters].map(([key, values]) => `;${key}=${values.map((item) => (key === 'TYPE' ? item.toLowerCase() : item)).toSorted().join(',')}`)
  return `${group === undefined ? '' : `${group}.`}${name}${listed.toSorted().join('')}:${value.replaceAll(String.raw`\N`, String.raw`\n`)}`
}
