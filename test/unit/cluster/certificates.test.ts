import { createPrivateKey, createPublicKey, sign, verify, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  createAuthority,
  createServiceAccountKeys,
  issueCertificate,
  type Subject,
} from '../../cluster/certificates.ts';

const clientAuthentication = '1.3.6.1.5.5.7.3.2';
const serverAuthentication = '1.3.6.1.5.5.7.3.1';

const issue = async (subject: Subject) => {
  const authority = await createAuthority('authority');
  const { certificate, key } = await issueCertificate(authority, subject);
  return { authority: new X509Certificate(authority.certificate), certificate: new X509Certificate(certificate), key };
};

describe('a certificate', () => {
  test('is signed by its authority and belongs to its key', async () => {
    const { authority, certificate, key } = await issue({ commonName: 'someone', usage: 'client' });
    expect(authority.ca).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.checkIssued(authority)).toBe(true);
    expect(certificate.verify(authority.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
  });

  test('names a user and groups as they are, whatever characters they hold', async () => {
    const { certificate } = await issue({ commonName: 'a=b,c+"d"', organizations: ['x:y', 'z'], usage: 'client' });
    // Node escapes what it prints.
    expect(certificate.subject.split('\n')).toEqual(['O=x:y', 'O=z', String.raw`CN=a=b\,c\+\"d\"`]);
  });

  test('of a server is for its hosts', async () => {
    const hosts = [
      { type: 'dns', value: 'localhost' },
      { type: 'ip', value: '127.0.0.1' },
    ] as const;
    const { certificate } = await issue({ commonName: 'server', usage: 'server', hosts });
    expect(certificate.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1');
    expect(certificate.checkHost('other')).toBeUndefined();
  });

  test.each([
    ['server', [serverAuthentication]],
    ['client', [clientAuthentication]],
    ['both', [serverAuthentication, clientAuthentication]],
  ] as const)('for %s may be used for nothing else', async (usage, keyUsage) => {
    const { certificate } = await issue({ commonName: 'someone', usage });
    expect(certificate.keyUsage).toEqual(keyUsage);
  });

  test('is valid now, even on a clock that is a little behind, and for the coming months', async () => {
    const { certificate } = await issue({ commonName: 'someone', usage: 'client' });
    const hour = 3_600_000;
    expect(certificate.validFromDate.getTime()).toBeLessThan(Date.now() - hour / 2);
    expect(certificate.validToDate.getTime()).toBeGreaterThan(Date.now() + 24 * 90 * hour);
  });
});

test('the keys for service accounts are a pair', () => {
  const { publicKey, privateKey } = createServiceAccountKeys();
  const signature = sign('sha256', Buffer.from('token'), privateKey);
  expect(verify('sha256', Buffer.from('token'), createPublicKey(publicKey), signature)).toBe(true);
});
