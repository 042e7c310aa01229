/** Why a request or its connection failed, in words that stay the same for the same fault: no addresses, no ports, no times. */
export function describeFailure(reason: unknown): string {
  if (!(reason instanceof Error)) return 'the call was ended';
  if (reason.name === 'TimeoutError') return 'no answer before the deadline';
  if (reason.name === 'AbortError') return 'the call was ended';
  const code = 'code' in reason && typeof reason.code === 'string' ? reason.code : undefined;
  if (code === 'ERR_PROXY_TUNNEL') return ofProxy(reason);
  return code === undefined ? reason.message : (explanations[code] ?? code);
}

/** Node's own words name the proxy's address. */
function ofProxy(reason: Error): string {
  const status = 'statusCode' in reason && typeof reason.statusCode === 'number' ? ` (${reason.statusCode})` : '';
  return `the proxy made no way to the cloud${status}`;
}

const explanations: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host name is not known (ENOTFOUND)',
  EAI_AGAIN: 'the name server did not answer (EAI_AGAIN)',
  ECONNREFUSED: 'the connection was refused (ECONNREFUSED)',
  ECONNRESET: 'the connection was reset (ECONNRESET)',
  EHOSTUNREACH: 'the host cannot be reached (EHOSTUNREACH)',
  ENETUNREACH: 'the network cannot be reached (ENETUNREACH)',
  ETIMEDOUT: 'the connection timed out (ETIMEDOUT)',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate cannot be verified (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
  CERT_HAS_EXPIRED: 'the certificate has expired (CERT_HAS_EXPIRED)',
};
