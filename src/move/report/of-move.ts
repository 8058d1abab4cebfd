import { join } from 'node:path'
import type { Clock } from '../../kit/clock.ts'
import { ChatonError } from '../../kit/errors.ts'
import { readTextIfExists, writeFileAtomic } from '../../kit/files.ts'
import type { SecretStore } from '../../kit/secrets.ts'
import { newSigningKey, publicKeyOf } from '../../kit/signature.ts'
import type { KindOutcome, MoveFacts } from '../facts.ts'
import { kindNames, type KindName } from '../kinds.ts'
import type { OpenMove } from '../moves.ts'
import { makeReport, type MoveReport } from './model.ts'
import { reportPage } from './page.ts'
import { checkSeal, sealPage, sealReport } from './seal.ts'

export interface StoredReport {
  readonly report: MoveReport
  readonly publicKey: string
  /** Paths: signed JSON, and a signed page in each language. */
  readonly files: { readonly json: string; readonly fr: string; readonly en: string }
}

interface Keeper {
  readonly secrets: SecretStore
  readonly clock: Clock
}

/** Signs the report of what the journal knows now and writes it into the folder of the move. Repeatable. */
export async function storeReport({ secrets, clock }: Keeper, move: OpenMove): Promise<StoredReport> {
  const report = reportOf(move, clock.now())
  const key = await secrets.getOrCreate(`move/${move.id}/signing-key`, newSigningKey)
  const publicKey = publicKeyOf(key)
  move.facts.set('publicKey', publicKey)
  const files = filesOf(move)
  await writeFileAtomic(files.json, sealReport(report, key), { mode: 0o600 })
  for (const language of ['fr', 'en'] as const) await writeFileAtomic(files[language], sealPage(reportPage(report, language, publicKey), key), { mode: 0o600 })
  return { report, publicKey, files }
}

/** The report as it was stored last; makes one where there is none. */
export async function storedReport(keeper: Keeper, move: OpenMove): Promise<StoredReport> {
  const files = filesOf(move)
  const text = await readTextIfExists(files.json)
  const seal = text === undefined ? undefined : checkSeal(text, files.json)
  if (seal?.report === undefined) return await storeReport(keeper, move)
  return { report: seal.report, publicKey: seal.publicKey, files }
}

const filesOf = ({ directory }: OpenMove): StoredReport['files'] => ({
  json: join(directory, 'report.json'),
  fr: join(directory, 'report.fr.html'),
  en: join(directory, 'report.en.html'),
})

/** What the journal knows now. Throws `not-found` for a move that has not known both its sides. */
export function reportOf({ id, facts }: OpenMove, madeAt: Date): MoveReport {
  const source = facts.get('source')
  const destination = facts.get('destination')
  const startedAt = facts.get('createdAt')
  if (source === undefined || destination === undefined || startedAt === undefined) {
    throw new ChatonError('not-found', `the move ${id} has not begun: there is nothing to report`, { next: ['chaton move run begins it'] })
  }
  return makeReport({
    move: id,
    madeAt,
    startedAt,
    finishedAt: facts.get('finishedAt'),
    source,
    destination,
    ownAppPasswords: facts.get('ownAppPasswords') ?? false,
    passes: facts.get('pass') ?? 0,
    available: facts.get('available') ?? kindNames,
    chosen: facts.get('options')?.kinds ?? kindNames,
    outcomes: byKind((kind) => outcomeOf(facts, kind)),
    failures: byKind((kind) => facts.ofKind('failure', kind) ?? undefined),
    checks: byKind((kind) => facts.ofKind('check', kind) ?? undefined),
    notCarried: facts.get('notCarried') ?? [],
  })
}

/** With what was known beforehand not to be carried, where the run has not told it again. */
function outcomeOf(facts: MoveFacts, kind: KindName): (KindOutcome & { carried: boolean }) | undefined {
  const outcome = facts.ofKind('outcome', kind)
  const left = facts.ofKind('left', kind) ?? []
  if (outcome === undefined && left.length === 0) return undefined
  const told = new Set(outcome?.refused.map(({ what }) => what))
  const refused = [...(outcome?.refused ?? []), ...left.filter(({ what }) => !told.has(what))]
  return { moved: 0, alreadyThere: 0, ...outcome, refused, carried: outcome !== undefined }
}

function byKind<T>(read: (kind: KindName) => T | undefined): Partial<Record<KindName, T>> {
  const entries = kindNames.flatMap((kind) => {
    const value = read(kind)
    return value === undefined ? [] : [[kind, value] as const]
  })
  return Object.fromEntries(entries) as Partial<Record<KindName, T>>
}
