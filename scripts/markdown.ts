/** A table in Markdown; a bar or an angle bracket in a cell stays what it is. Pure. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`).replaceAll(/<(?=[a-zA-Z])(?![^`]*`)/g, '&lt;')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
