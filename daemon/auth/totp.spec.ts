import { describe, expect, it } from 'vitest';
import { newRecoveryCodes, recoveryCodeId } from './recovery-codes.js';
import { newTotpSecret, stepOfCode, totpCode, totpUri } from './totp.js';

/** RFC 6238, appendix B: the secret "12345678901234567890". */
const RFC = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const at = (seconds: number): Date => new Date(seconds * 1000);

describe('codes of an app', () => {
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [20_000_000_000, '353130'],
  ])('are those of the standard at %d', (seconds, code) => {
    expect(totpCode(RFC, at(seconds))).toBe(code);
    expect(stepOfCode(RFC, code, at(seconds))).toBe(Math.floor(seconds / 30));
  });

  it('are good a step early and late, and no longer', () => {
    const code = totpCode(RFC, at(3_000));
    expect([2_970, 3_000, 3_059].map((now) => stepOfCode(RFC, code, at(now)))).toEqual([100, 100, 100]); // prettier-ignore
    expect([2_969, 3_060].map((now) => stepOfCode(RFC, code, at(now)))).toEqual([undefined, undefined]); // prettier-ignore
  });

  it('are six digits and nothing else', () => {
    for (const typed of ['', '0', '1234567', 'abcdef', '-12345', '２８７０８２']) {
      expect(stepOfCode(RFC, typed, at(59))).toBeUndefined();
    }
    expect(stepOfCode(RFC, ' 287 082', at(59))).toBe(1);
  });

  it('come with an address for a QR code that names the server', () => {
    const uri = new URL(totpUri(RFC, 'an@na', 'web-1.example'));
    expect(uri.host).toBe('totp');
    expect(uri.searchParams.get('secret')).toBe(RFC);
    expect(uri.searchParams.get('issuer')).toBe('Holdfast web-1.example');
    expect(decodeURIComponent(uri.pathname)).toContain('an@na');
    expect(newTotpSecret()).toMatch(/^[A-Z2-7]{32}$/);
  });
});

describe('recovery codes', () => {
  it('are ten that differ, and one typed with blanks or capitals is the same', () => {
    const codes = newRecoveryCodes();
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^[a-z2-9]{4}(-[a-z2-9]{4}){2}$/);
    const [code = ''] = codes;
    expect(recoveryCodeId('u', ` ${code.toUpperCase().replaceAll('-', ' ')}`)).toBe(recoveryCodeId('u', code)); // prettier-ignore
    expect(recoveryCodeId('v', code)).not.toBe(recoveryCodeId('u', code));
  });
});
