import { z } from 'zod'
import { parseSize } from '../kit/bytes.ts'

/** A size as people write it ("40 GB", "512 MiB"); decimal units are powers of 1000. Kept as text in manifests. */
export const Size = z
  .string({ error: (issue) => `expected a size with a unit such as "40 GB", got ${JSON.stringify(issue.input)}` })
  .check((context) => {
    const parsed = parseSize(context.value)
    if (!parsed.ok) context.issues.push({ code: 'custom', message: parsed.reason, input: context.value })
    else if (parsed.bytes === 0) context.issues.push({ code: 'custom', message: `"${context.value}" is nothing; write a size above 0`, input: context.value })
  })
  .meta({
    description: 'A number and a unit: "40 GB" (decimal) or "38 GiB" (binary).',
    pattern: String.raw`^\s*\d+([.,]\d+)?\s*([kKmMgGtT][iI]?)?[bB]?\s*$`,
    examples: ['40 GB', '512 MiB'],
  })

/** Bytes of a size that was validated by {@link Size}. */
export function bytesOf(size: string): number {
  const parsed = parseSize(size)
  if (!parsed.ok) throw new RangeError(parsed.reason)
  return parsed.bytes
}
