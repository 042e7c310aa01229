// @peculiar/x509 needs this polyfill to be loaded before it.
import 'reflect-metadata';
import { createPrivateKey, generateKeyPairSync, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type GeneralNameType,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { hours, type Milliseconds, systemClock } from '../../operator/clock.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A certificate and its private key, both PEM. */
export interface Credential {
  readonly certificate: string;
  readonly key: string;
}

/** What a certificate is for. Kubernetes reads the common name as the user, the organizations as the groups. */
export interface Subject {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  /** `both` is for etcd, whose server is also a client of its peers and of itself. */
  readonly usage: 'server' | 'client' | 'both';
  /** DNS names and IP addresses of a server. */
  readonly hosts?: readonly { readonly type: 'dns' | 'ip'; readonly value: string }[];
  /** How long the certificate is good from now on; a year unless said otherwise. */
  readonly validFor?: Milliseconds;
}

const extendedUsages = {
  server: [ExtendedKeyUsage.serverAuth],
  client: [ExtendedKeyUsage.clientAuth],
  both: [ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth],
} as const;

/** Makes a certificate authority: a new EC key and its own certificate. */
export async function createAuthority(commonName: string): Promise<Credential> {
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [commonName] }],
    keys,
    ...validity(),
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return credential(certificate, keys.privateKey);
}

/** Makes a new EC key and a certificate for it that `authority` signs. */
export async function issueCertificate(authority: Credential, subject: Subject): Promise<Credential> {
  const issuer = new X509Certificate(authority.certificate);
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.create({
    subject: distinguishedName(subject),
    issuer: issuer.subjectName,
    publicKey: keys.publicKey,
    signingKey: createPrivateKey(authority.key).toCryptoKey(algorithm, false, ['sign']),
    ...validity(subject.validFor),
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([...extendedUsages[subject.usage]]),
      await AuthorityKeyIdentifierExtension.create(issuer),
      ...alternativeNames(subject.hosts ?? []),
    ],
  });
  return credential(certificate, keys.privateKey);
}

/** Makes the key pair, PEM, that signs and verifies the tokens of service accounts. */
export function createServiceAccountKeys(): { readonly publicKey: string; readonly privateKey: string } {
  return generateKeyPairSync('ec', {
    namedCurve: algorithm.namedCurve,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

const generateKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);

/** The start lies an hour back, for a clock that is set back meanwhile. */
const validity = (validFor = hours(24 * 365)) => ({
  notBefore: new Date(systemClock.now().getTime() - hours(1)),
  notAfter: new Date(systemClock.now().getTime() + validFor),
});

// As objects: of a bare string the library would take only the part in quotes.
const distinguishedName = ({ commonName, organizations = [] }: Subject) =>
  new Name([
    ...organizations.map((organization) => ({ O: [{ utf8String: organization }] })),
    { CN: [{ utf8String: commonName }] },
  ]);

function alternativeNames(hosts: readonly { type: GeneralNameType; value: string }[]) {
  return hosts.length === 0 ? [] : [new SubjectAlternativeNameExtension([...hosts])];
}

async function credential(certificate: X509Certificate, privateKey: webcrypto.CryptoKey): Promise<Credential> {
  const key = createPrivateKey({
    key: Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey)),
    format: 'der',
    type: 'pkcs8',
  });
  return { certificate: certificate.toString('pem'), key: String(key.export({ type: 'pkcs8', format: 'pem' })) };
}

/** A certificate for a server on loopback, of an authority of its own. */
export async function issueLoopbackCertificate(commonName: string): Promise<Credential & { authority: string }> {
  const authority = await createAuthority(`authority of the ${commonName}`);
  const hosts = [{ type: 'ip', value: '127.0.0.1' }] as const;
  const issued = await issueCertificate(authority, { commonName, usage: 'server', hosts });
  return { ...issued, authority: authority.certificate };
}
