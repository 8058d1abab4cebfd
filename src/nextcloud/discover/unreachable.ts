import { ChatonError, hasSystemCode } from '../../kit/errors.ts'

/** What OpenSSL and Node say of a certificate, for people. */
const certificates: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself: nobody vouches that this is the server it says it is',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority that this machine does not know',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate comes from an authority that this machine does not know',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an authority that this machine does not know',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'it does not send the certificates that lead from its own to a known authority (an intermediate is missing)',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: the clock of one of the two machines is wrong',
  CERT_REVOKED: 'its certificate has been revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}
const names = ['ENOTFOUND', 'EAI_NODATA', 'EAI_NONAME']

/** A request that got no answer, told in full. Certificates are never skipped: the password would go to whoever stands in between. */
export function unreachable(error: unknown, base: string): ChatonError {
  const host = new URL(base).host
  if (error instanceof ChatonError && error.code !== 'remote-failed') return error
  const cause = error instanceof ChatonError ? error.cause : error
  const code = codeOf(cause)
  const certificate = certificates[code ?? '']
  if (certificate !== undefined) return badCertificate(host, certificate, cause)
  if (hasSystemCode(cause, ...names)) {
    return new ChatonError('remote-failed', `there is no server named ${host}`, { next: ['check the spelling', 'check that this machine is connected to the internet'], cause })
  }
  if (hasSystemCode(cause, 'ECONNREFUSED')) return new ChatonError('remote-failed', `${host} is there, but no web server answers`, { retryable: true, next: ['ask its host whether it is down'], cause })
  if (code?.startsWith('ERR_SSL') === true || hasSystemCode(cause, 'EPROTO')) return new ChatonError('remote-failed', `${host} does not speak HTTPS there`, { next: ['check the port in the address'], cause })
  const said = error instanceof Error ? error.message : String(error)
  return new ChatonError('remote-failed', said, { retryable: true, cause, next: ['try again later', 'check that the address opens in a browser'] })
}

const codeOf = (error: unknown): string | undefined => (error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined)

const badCertificate = (host: string, why: string, cause: unknown): ChatonError =>
  new ChatonError('remote-failed', `${host} cannot be trusted: ${why}`, {
    next: ['ask its host to mend the certificate (those of Let’s Encrypt cost nothing)', 'if you run the authority yourself, let this machine know it: NODE_EXTRA_CA_CERTS=/path/to/authority.pem chaton …'],
    data: { certificate: codeOf(cause) ?? '' },
    cause,
  })
