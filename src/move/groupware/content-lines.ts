/** One line of iCalendar (RFC 5545, 3.1) or vCard (RFC 6350, 3.3), unfolded. Names are in upper case. */
export interface ContentLine {
  readonly group: string | undefined
  readonly name: string
  readonly parameters: ReadonlyMap<string, readonly string[]>
  readonly value: string
}

export interface Component {
  readonly name: string
  readonly lines: readonly ContentLine[]
  readonly components: readonly Component[]
}

/** The components of a text, or undefined where BEGIN and END do not match. Pure. */
export function componentsOf(text: string): Component[] | undefined {
  const roots: Component[] = []
  const open: { name: string; lines: ContentLine[]; components: Component[] }[] = []
  for (const line of unfolded(text)) {
    const parsed = lineOf(line)
    if (parsed === undefined) continue
    const name = parsed.value.trim().toUpperCase()
    if (parsed.name === 'BEGIN') open.push({ name, lines: [], components: [] })
    else if (parsed.name === 'END') {
      const done = open.pop()
      if (done === undefined || done.name !== name) return undefined
      ;(open.at(-1)?.components ?? roots).push(done)
    } else open.at(-1)?.lines.push(parsed)
  }
  return open.length === 0 && roots.length > 0 ? roots : undefined
}

/** Lines without their folds: CRLF or LF, then a space or a tab. */
const unfolded = (text: string): string[] => text.replaceAll(/\r?\n[ \t]/g, '').split(/\r?\n/).filter((line) => line !== '')

/** `group.NAME;PARAM=a,"b:c";FLAG:value`. Undefined for what has no colon. */
function lineOf(text: string): ContentLine | undefined {
  const head = /^(?:([\w-]+)\.)?([\w-]+)/.exec(text)
  if (head === null) return undefined
  const parameters = new Map<string, readonly string[]>()
  let at = head[0].length
  while (text[at] === ';') {
    const found = /^;\s*([\w-]+)(?:=((?:"[^"]*"|[^";:,])*(?:,(?:"[^"]*"|[^";:,])*)*))?/.exec(text.slice(at))
    if (found === null) return undefined
    const [whole, name = '', values] = found
    // vCard 2.1 writes types without a name: TEL;HOME:…
    const [key, list] = values === undefined ? ['TYPE', [name]] : [name.toUpperCase(), valuesIn(values)]
    parameters.set(key, [...(parameters.get(key) ?? []), ...list])
    at += whole.length
  }
  if (text[at] !== ':') return undefined
  return { group: head[1]?.toUpperCase(), name: (head[2] ?? '').toUpperCase(), parameters, value: text.slice(at + 1) }
}

const valuesIn = (text: string): string[] => (text.match(/"[^"]*"|[^,]+/g) ?? ['']).map((value) => value.replace(/^"(.*)"$/, '$1'))

/** The first line of that name in the component. Pure. */
export const lineIn = (component: Component | undefined, name: string): ContentLine | undefined => component?.lines.find((line) => line.name === name)

/** Text as people read it (RFC 5545, 3.3.11). Pure. */
export const plain = (value: string): string => value.replaceAll(/\\([\\;,nN])/g, (_whole, letter: string) => (letter === 'n' || letter === 'N' ? ' ' : letter)).trim()
