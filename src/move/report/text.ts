import { sizeIn, typography, type Language } from '../../kit/format.ts'
import { progressOf, type MoveReport, type ReportKind } from './model.ts'
import { nameIn, reasonIn } from './reasons.ts'
import { reportWords } from './words.ts'

/** Longer lists are cut; the JSON report has them whole. */
const shownRefusals = 20

/** The report as lines for a terminal. Pure. */
export function reportLines(report: MoveReport, language: Language): string[] {
  const words = reportWords[language]
  const number = new Intl.NumberFormat(language)
  const amount = ({ moved, alreadyThere, bytes }: ReportKind): string => {
    const there = alreadyThere === 0 ? '' : ` + ${number.format(alreadyThere)} ${words.movedColumns[2].toLowerCase()}`
    return `${number.format(moved)}${there}${bytes === undefined || bytes === 0 ? '' : ` (${sizeIn(language, bytes)})`}`
  }
  const shown = report.kinds.filter(({ state }) => state !== 'left-out')
  const width = Math.max(0, ...shown.map(({ name }) => words.kinds[name].length))
  const refused = [...report.kinds.flatMap((kind) => kind.refused), ...report.notCarried]
  const differing = report.kinds.flatMap((kind) => kind.differing)
  const head = (title: string): string => (language === 'fr' ? `${title} :` : `${title}:`)
  const list = (items: readonly { readonly what: string; readonly reason: string; readonly next?: string }[]): string[] => [
    ...items.slice(0, shownRefusals).flatMap(({ what, reason, next }) => [`  ${head(nameIn(language, what))} ${reasonIn(language, reason)}`, ...(next === undefined ? [] : [`    → ${reasonIn(language, next)}`])]),
    ...(items.length > shownRefusals ? [`  ${words.andMore(items.length - shownRefusals)}`] : []),
  ]
  const lines = [
    words.title[progressOf(report)],
    words.intro(report),
    words.verdict[report.verification],
    '',
    head(words.moved),
    ...shown.map((kind) => `  ${words.kinds[kind.name].padEnd(width)}  ${amount(kind)}${kind.state === 'moved' ? '' : `  ✗ ${words.states[kind.state]}${kind.failure === undefined ? '' : `: ${kind.failure}`}`}`),
    ...(report.links.length === 0 ? [] : [head(words.links), ...report.links.slice(0, shownRefusals).map((link) => `  ${link.path}${link.for === undefined ? '' : ` (${words.linkFor(link.for)})`}  ${link.old} → ${link.new}`), ...(report.links.length > shownRefusals ? [`  ${words.andMore(report.links.length - shownRefusals)}`] : [])]),
    ...(refused.length === 0 ? [] : [head(words.notMoved), ...list(refused)]),
    ...(differing.length === 0 ? [] : [head(words.differences), ...list(differing)]),
    '',
    head(words.todoTitle),
    ...report.todo.map((todo, index) => {
      const [title, more] = words.todo[todo](report)
      return `  ${index + 1}. ${title} ${more}`
    }),
  ]
  return lines.map((line) => typography(language, line))
}
