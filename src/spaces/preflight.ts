import type { Finding, SpaceTarget } from '../engine/contract.ts'
import { ChatonError, type ErrorCode } from '../kit/errors.ts'
import type { Config } from '../config/options.ts'
import { addressesOf, ownAddresses } from '../kit/net.ts'
import type { SpacesContext } from './context.ts'

export interface DomainFacts {
  /** Addresses the space's domain resolves to. */
  readonly resolved: readonly string[]
  /** Addresses that mean "here": this machine's own and those of the hoster's domain. */
  readonly here: readonly string[]
}

/** Does the address of a space lead here? Pure. Only asked where people reach spaces by name. */
export function judgeDomain(target: SpaceTarget, mode: Config['webMode'], facts: DomainFacts): readonly Finding[] {
  if (mode === 'loopback') return []
  const severity = mode === 'public' ? 'error' : 'warning'
  const fix = `create a DNS record ${target.domain} that points to this machine, wait until it resolves, and run the same command again`
  if (facts.resolved.length === 0) {
    return [{ code: 'domain-unresolved', severity, message: `the domain "${target.domain}" does not resolve`, fix }]
  }
  if (facts.resolved.some((address) => facts.here.includes(address))) return []
  const message = `the domain "${target.domain}" leads to ${facts.resolved.join(', ')}, which is not this machine`
  return [{ code: 'domain-elsewhere', severity, message, fix }]
}

/** What this machine, and the domain of the space, have against it. Looks only. */
export async function findingsFor({ config, engine }: Pick<SpacesContext, 'config' | 'engine'>, target: SpaceTarget): Promise<readonly Finding[]> {
  const [domain, machine] = await Promise.all([engine.sandbox ? [] : domainFindings(config, target), engine.preflight(target)])
  return [...domain, ...machine]
}

async function domainFindings({ webMode, domain }: Config, target: SpaceTarget): Promise<readonly Finding[]> {
  if (webMode === 'loopback') return []
  const [resolved, hoster] = await Promise.all([addressesOf(target.domain), addressesOf(domain)])
  return judgeDomain(target, webMode, { resolved, here: [...ownAddresses(), ...hoster] })
}

/** Throws one error that carries every finding of severity `error`. */
export function refuseOnErrors(findings: readonly Finding[]): void {
  const errors = findings.filter((finding) => finding.severity === 'error')
  const [first] = errors
  if (first === undefined) return
  throw new ChatonError(codeOf(first.code), errors.map((finding) => finding.message).join('\n  '), {
    next: errors.flatMap((finding) => finding.fix ?? []),
    data: { findings: errors },
  })
}

/** A finding's code begins with what it is about; what nobody can mend in a manifest is the machine's. */
function codeOf(finding: string): ErrorCode {
  if (['bad-', 'domain-', 'release-'].some((beginning) => finding.startsWith(beginning))) return 'bad-input'
  return finding.startsWith('no-room') ? 'no-room' : 'machine-not-ready'
}
