import { dateIn, sizeIn, typography, type Language } from '../../kit/format.ts'
import { escapeHtml } from '../../kit/html.ts'
import type { Refusal } from '../kinds.ts'
import { progressOf, type MoveReport, type ReportKind } from './model.ts'
import { nameIn, reasonIn } from './reasons.ts'
import { reportWords, type ReportWords } from './words.ts'

/** Longer lists are cut in the page; the JSON report has them whole. */
const shownRefusals = 200

const style = `:root{color-scheme:light dark}
body{font:1.05rem/1.55 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}
h1{line-height:1.2}h2{margin-top:2.2rem;border-bottom:1px solid}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.35rem .6rem .35rem 0;border-bottom:1px solid #8888}
td.number,th.number{text-align:right}ol li,ul li{margin:.5rem 0}
.verdict{padding:.8rem 1rem;border:2px solid;border-radius:.4rem;font-weight:600}
.scroll{overflow-x:auto}.what{overflow-wrap:anywhere;font-weight:600}code{overflow-wrap:anywhere}
@media print{body{max-width:none;margin:0}details>*{display:block}}`

/** One self-contained page, without scripts, that a person can keep, print and read on a phone. `publicKey`: of the key that signs it. Pure. */
export function reportPage(report: MoveReport, language: Language, publicKey: string): string {
  const words = reportWords[language]
  const text = (value: string): string => escapeHtml(typography(language, value))
  const title = words.title[progressOf(report)]
  const date = (iso: string): string => dateIn(language, new Date(iso))
  return `<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${text(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${text(title)}</h1>
<p>${text(words.intro(report))}<br>${text(words.dates(date(report.startedAt), date(report.finishedAt ?? report.madeAt)))}</p>
<p class="verdict">${text(words.verdict[report.verification])}</p>
${todoSection(report, words, text)}
${movedSection(report, words, language)}
${linksSection(report, words, language)}
${notMovedSection(report, words, language)}
${renamedSection(report, words, language)}
${differencesSection(report, words, language)}
<section aria-labelledby="signature">
<h2 id="signature">${text(words.signature)}</h2>
<p>${text(words.signatureText)}</p>
<p><code>${escapeHtml(publicKey)}</code></p>
</section>
</main>
</body>
</html>`
}

function todoSection(report: MoveReport, words: ReportWords, text: (value: string) => string): string {
  const items = report.todo.map((todo) => {
    const [title, more] = words.todo[todo](report)
    return `<li><strong>${text(title)}</strong> ${text(more)}</li>`
  })
  return `<section aria-labelledby="todo">
<h2 id="todo">${text(words.todoTitle)}</h2>
<ol>
${items.join('\n')}
</ol>
</section>`
}

function movedSection(report: MoveReport, words: ReportWords, language: Language): string {
  const text = (value: string): string => escapeHtml(typography(language, value))
  const number = new Intl.NumberFormat(language)
  const [kind, ...rest] = words.movedColumns
  const head = [`<th scope="col">${text(kind)}</th>`, ...rest.map((column, index) => `<th scope="col"${index < 4 ? ' class="number"' : ''}>${text(column)}</th>`)]
  const rows = report.kinds.map(({ name, moved, bytes, alreadyThere, refused, checked, state }) => {
    const amount = bytes === undefined || bytes === 0 ? number.format(moved) : `${number.format(moved)} (${sizeIn(language, bytes)})`
    const cells = [amount, number.format(alreadyThere), number.format(refused.length), checked === undefined ? words.notChecked : number.format(checked)]
    return `<tr><th scope="row">${text(words.kinds[name])}</th>${cells.map((cell) => `<td class="number">${text(cell)}</td>`).join('')}<td>${text(words.states[state])}</td></tr>`
  })
  return `<section aria-labelledby="moved">
<h2 id="moved">${text(words.moved)}</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="moved">
<table>
<thead><tr>${head.join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</div>
</section>`
}

function linksSection({ links }: MoveReport, words: ReportWords, language: Language): string {
  if (links.length === 0) return ''
  const text = (value: string): string => escapeHtml(typography(language, value))
  const items = links.slice(0, shownRefusals).map((link) => {
    const mailed = link.for === undefined ? '' : ` (${text(words.linkFor(link.for))})`
    return `<li><span class="what">${escapeHtml(link.path)}</span>${mailed}<br>${text(words.newLink)}${colon(language)}<code>${escapeHtml(link.new)}</code><br>${text(words.oldLink)}${colon(language)}<code>${escapeHtml(link.old)}</code></li>`
  })
  const hidden = links.length - shownRefusals
  return `<section aria-labelledby="links">
<h2 id="links">${text(words.links)}</h2>
<ul>
${items.join('\n')}
</ul>${hidden > 0 ? `\n<p>${text(words.andMore(hidden))}</p>` : ''}
</section>`
}

const colon = (language: Language): string => typography(language, language === 'fr' ? ' : ' : ': ')

function notMovedSection(report: MoveReport, words: ReportWords, language: Language): string {
  const text = (value: string): string => escapeHtml(typography(language, value))
  const parts = report.kinds.flatMap((kind) => {
    const failure = kind.failure === undefined ? [] : [`<p>${text(kind.failure)}</p>`]
    const list = kind.refused.length === 0 ? [] : [refusalList(kind.refused, words, language)]
    return failure.length + list.length === 0 ? [] : [`<h3>${text(words.kinds[kind.name])}</h3>`, ...failure, ...list]
  })
  const apps = report.notCarried.length === 0 ? [] : [`<h3>${text(words.ofApp)}</h3>`, refusalList(report.notCarried, words, language)]
  const all = [...parts, ...apps]
  return `<section aria-labelledby="not-moved">
<h2 id="not-moved">${text(words.notMoved)}</h2>
${all.length === 0 ? `<p>${text(words.nothingLeft)}</p>` : all.join('\n')}
</section>`
}

function renamedSection({ kinds }: MoveReport, words: ReportWords, language: Language): string {
  const renamed = kinds.flatMap((kind) => kind.renamed)
  if (renamed.length === 0) return ''
  const text = (value: string): string => escapeHtml(typography(language, value))
  const items = renamed.slice(0, shownRefusals).map(({ what, as }) => `<li><span class="what">${escapeHtml(what)}</span><br>→ <span class="what">${escapeHtml(as)}</span></li>`)
  const hidden = renamed.length - shownRefusals
  return `<section aria-labelledby="renamed">
<h2 id="renamed">${text(words.renamed)}</h2>
<ul>
${items.join('\n')}
</ul>${hidden > 0 ? `\n<p>${text(words.andMore(hidden))}</p>` : ''}
</section>`
}

function differencesSection({ kinds }: MoveReport, words: ReportWords, language: Language): string {
  const differing = kinds.filter((kind: ReportKind) => kind.differing.length > 0)
  if (differing.length === 0) return ''
  const text = (value: string): string => escapeHtml(typography(language, value))
  return `<section aria-labelledby="differences">
<h2 id="differences">${text(words.differences)}</h2>
${differing.map(({ name, differing: list }) => `<h3>${text(words.kinds[name])}</h3>\n${refusalList(list, words, language)}`).join('\n')}
</section>`
}

function refusalList(refusals: readonly Refusal[], words: ReportWords, language: Language): string {
  const text = (value: string): string => escapeHtml(typography(language, value))
  const items = refusals.slice(0, shownRefusals).map(({ what, reason, next }) => {
    const more = next === undefined ? '' : `<br>${text(words.whatToDo)} ${text(reasonIn(language, next))}`
    return `<li><span class="what">${escapeHtml(nameIn(language, what))}</span><br>${text(reasonIn(language, reason))}${more}</li>`
  })
  const hidden = refusals.length - shownRefusals
  return `<ul>\n${items.join('\n')}\n</ul>${hidden > 0 ? `\n<p>${text(words.andMore(hidden))}</p>` : ''}`
}
