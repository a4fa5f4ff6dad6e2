import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TEST_KEYS, aSnapshotBody } from '../../testing/memory-snapshot.js';
import { openSnapshot, signSnapshot } from './snapshot-file.js';

const { publicKeyPem, signingKeyPem } = TEST_KEYS;
const other = generateKeyPairSync('ed25519');
const otherPublicPem = other.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const otherSigningPem = other.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

const withCode = (code: string): unknown => expect.objectContaining({ kind: 'integrity', code });
const untrusted = withCode('snapshot.untrusted');
const signed = (changes: Record<string, unknown>): Buffer =>
  signSnapshot({ ...aSnapshotBody(), ...changes }, signingKeyPem);

describe('a snapshot file', () => {
  it('opens with the key that signed it, among others', () => {
    const body = aSnapshotBody({ job: { id: 'j', name: ',"signature":{"a":1}' } });
    const bytes = signSnapshot(body, signingKeyPem);
    expect(openSnapshot(bytes, [otherPublicPem, publicKeyPem])).toEqual(body);
  });

  it('is signed as FORMAT.md says', () => {
    const text = signed({}).toString();
    expect(text.endsWith('}}\n')).toBe(true);
    const { signature } = JSON.parse(text) as { signature: Record<string, string> };
    const message = text.slice(0, text.lastIndexOf(',"signature":{')) + '}';
    const key = createPublicKey(publicKeyPem);
    const der = key.export({ type: 'spki', format: 'der' });
    expect(der.subarray(0, 12).toString('hex')).toBe('302a300506032b6570032100');
    expect(signature['key']).toBe(createHash('sha256').update(der).digest('hex'));
    const value = Buffer.from(signature['value'] ?? '', 'base64');
    expect(verify(null, Buffer.from(message), key, value)).toBe(true);
  });

  it('does not open when any byte of it was changed', () => {
    const bytes = signed({});
    const lineFeed = bytes.length - 1;
    fc.assert(
      fc.property(fc.nat({ max: lineFeed - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const tampered = Buffer.from(bytes);
        tampered[at] = (tampered[at] ?? 0) ^ change;
        let body: unknown;
        try {
          body = openSnapshot(tampered, [publicKeyPem]);
        } catch (error) {
          expect(error).toEqual(untrusted);
          return;
        }
        // Base64 has spare bits at its end: another spelling of the same signature.
        expect(body).toEqual(aSnapshotBody());
      }),
      { numRuns: 300 },
    );
  });

  const text = signed({}).toString();
  const forgeries: [string, string | Buffer, string[]][] = [
    ['by a key that is not trusted', signSnapshot(aSnapshotBody(), otherSigningPem), [publicKeyPem]],
    ['with no key trusted at all', text, []],
    ['without a signature', `${JSON.stringify(aSnapshotBody())}\n`, [publicKeyPem]],
    ['with something added behind', `${text.trimEnd().slice(0, -1)},"state":"complete"}\n`, [publicKeyPem]],
    ['with the signature twice', text.replace('}}\n', '},"signature":{"algorithm":"none"}}'), [publicKeyPem]],
    ['of another algorithm', text.replace('"ed25519"', '"none"'), [publicKeyPem]],
    ['cut short', text.slice(0, 200), [publicKeyPem]],
    ['empty', '', [publicKeyPem]],
    ['with another key named', text.replace(/"key":"[0-9a-f]{64}"/, `"key":"${'0'.repeat(64)}"`), [publicKeyPem]],
  ]; // prettier-ignore

  it.each(forgeries)('signed %s is refused', (_name, bytes, keys) => {
    expect(() => openSnapshot(Buffer.from(bytes), keys)).toThrow(untrusted);
  });

  it('of a newer format says so', () => {
    expect(() => openSnapshot(signed({ version: 4 }), [publicKeyPem])).toThrow(
      withCode('snapshot.newer'),
    );
  });

  it.each([
    ['an unknown field', { extra: 1 }],
    ['another format', { format: 'tarball' }],
    ['an id that is no name', { id: '../x' }],
    ['an archive elsewhere', { archives: [{ name: '../x.tar', sizeBytes: 1 }] }],
    ['a page that is no hash', { pages: [{ sha256: '../x', sizeBytes: 1, entries: 1, first: '' }] }],
    ['a negative count', { files: -1 }],
    ['a local time', { startedAt: '2026-01-01T00:00:00' }],
    ['no account', { account: undefined }],
  ])('genuine, but with %s, is damaged', (_name, changes) => {
    expect(() => openSnapshot(signed(changes), [publicKeyPem])).toThrow(
      withCode('snapshot.damaged'),
    );
  }); // prettier-ignore
});
