import { z } from 'zod'
import { canonicalJson } from '../../kit/canonical-json.ts'
import { ChatonError } from '../../kit/errors.ts'
import { publicKeyOf, sign, verifySignature } from '../../kit/signature.ts'
import { MoveReport } from './model.ts'

/** Ed25519 (RFC 8032) over the canonical JSON (RFC 8785) of `report`; key and value in base64url. */
export const SealedReport = z.object({
  report: MoveReport,
  signature: z.object({ algorithm: z.literal('Ed25519'), publicKey: z.string(), value: z.string() }),
})
export type SealedReport = z.infer<typeof SealedReport>

/** The JSON file of a report. Pure. */
export function sealReport(report: MoveReport, signingKey: string): string {
  const signature = { algorithm: 'Ed25519', publicKey: publicKeyOf(signingKey), value: sign(signingKey, canonicalJson(report)) } as const
  return `${JSON.stringify({ report, signature } satisfies SealedReport, null, 2)}\n`
}

const pageSignature = /\n<!-- chaton-signature Ed25519 ([\w-]+) ([\w-]+) -->\s*$/

/** A page with the signature of all that stands before it, as its last line. Pure. */
export function sealPage(page: string, signingKey: string): string {
  return `${page}\n<!-- chaton-signature Ed25519 ${publicKeyOf(signingKey)} ${sign(signingKey, page)} -->\n`
}

export interface Seal {
  /** Nothing was changed since this key signed it. Who holds the key, only its comparison with the printed one tells. */
  readonly intact: boolean
  readonly publicKey: string
  /** Of a JSON report that is intact. */
  readonly report?: MoveReport
}

/** Reads a report file, JSON or page, and checks its signature. Throws `bad-input` for text that is no signed report. Pure. */
export function checkSeal(text: string, name: string): Seal {
  const page = pageSignature.exec(text)
  if (page !== null) {
    const [, publicKey = '', value = ''] = page
    return { intact: verifySignature(publicKey, text.slice(0, page.index), value), publicKey }
  }
  const sealed = z.looseObject({ report: z.unknown(), signature: SealedReport.shape.signature }).safeParse(jsonOf(text))
  if (!sealed.success) {
    throw new ChatonError('bad-input', `"${name}" is not a signed report of a move`, { next: ['name the report.json, report.fr.html or report.en.html of a move'], cause: sealed.error })
  }
  const { report, signature } = sealed.data
  const intact = verifySignature(signature.publicKey, canonicalJson(report), signature.value)
  const parsed = MoveReport.safeParse(report)
  return { intact, publicKey: signature.publicKey, ...(intact && parsed.success ? { report: parsed.data } : {}) }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
