import { describe, expect, it } from 'vitest';
import { generateKeyPair, readPrivateKey } from './key-pair.js';
import { describeSsh, loginOf, sshSettings } from './ssh.settings.js';

const GOOD = { host: 'backup.example.com', user: 'holdfast', path: '/backup' };
const FINGERPRINT = `SHA256:${'aB3/'.repeat(10)}xyz`;

describe('the settings of an ssh destination', () => {
  it.each([
    [{}, 'holdfast@backup.example.com:22/backup'],
    [{ port: 2222, path: '/backup//daily/' }, 'holdfast@backup.example.com:2222/backup/daily'],
    [{ path: '/' }, 'holdfast@backup.example.com:22/'],
    [{ host: '[2001:db8::1]' }, 'holdfast@[2001:db8::1]:22/backup'],
    [{ host: '192.0.2.1', user: 'u123456-sub1' }, 'u123456-sub1@192.0.2.1:22/backup'],
  ])('with %j read as %s', (settings, expected) => {
    expect(describeSsh(sshSettings.parse({ ...GOOD, ...settings }))).toBe(expected);
  });

  it('take a fingerprint with and without its padding', () => {
    const parse = (hostKey: string): unknown => sshSettings.parse({ ...GOOD, hostKey }).hostKey;
    expect(parse(FINGERPRINT)).toBe(FINGERPRINT);
    expect(parse(`${FINGERPRINT}=`)).toBe(FINGERPRINT);
  });

  it.each([
    [{ host: '' }, 'host'],
    [{ host: '-oProxyCommand=x' }, 'host'],
    [{ host: 'a b' }, 'host'],
    [{ host: 'user@host' }, 'host'],
    [{ port: 0 }, 'port'],
    [{ port: 65_536 }, 'port'],
    [{ user: '' }, 'user'],
    [{ user: 'a b' }, 'user'],
    [{ user: 'a\0' }, 'user'],
    [{ path: 'backup' }, 'path'],
    [{ path: '/a\nb' }, 'path'],
    [{ hostKey: 'MD5:00:11' }, 'hostKey'],
    [{ hostKey: 'SHA256:short' }, 'hostKey'],
    [{ timeoutSeconds: 0 }, 'timeoutSeconds'],
    [{ password: 'secret' }, ''],
  ])('with %j are refused', (settings, field) => {
    const result = sshSettings.safeParse({ ...GOOD, ...settings });
    expect(result.error?.issues.map(({ path }) => path.join('.'))).toEqual([field]);
  });
});

describe('the secrets of an ssh destination', () => {
  it.each([
    [{ privateKey: 'k' }, { kind: 'key', privateKey: 'k', passphrase: undefined }],
    [
      { privateKey: 'k', passphrase: 'p' },
      { kind: 'key', privateKey: 'k', passphrase: 'p' },
    ],
    [
      { privateKey: 'k', password: '' },
      { kind: 'key', privateKey: 'k', passphrase: undefined },
    ],
    [{ password: 'w' }, { kind: 'password', password: 'w' }],
  ])('%j are a way to sign in', (secrets, login) => {
    expect(loginOf(GOOD, secrets as Record<string, string>)).toEqual(login);
  });

  it.each([
    [{}, 'neither a private key nor a password'],
    [{ privateKey: '', password: '' }, 'neither a private key nor a password'],
    [{ privateKey: 'k', password: 'w' }, 'give one of the two'],
    [{ passphrase: 'p' }, 'no private key for it'],
    [{ passphrase: 'p', password: 'w' }, 'no private key for it'],
    [{ private_key: 'k' }, 'no secret "private_key"'],
  ])('%j are refused in one sentence', (secrets, part) => {
    expect(() => loginOf(GOOD, secrets as Record<string, string>)).toThrow(
      expect.objectContaining({
        code: 'destination.misconfigured',
        message: expect.stringMatching(
          new RegExp(`^holdfast@backup\\.example\\.com:22/backup cannot be used: .*${part}.*\\.$`),
        ) as unknown,
      }),
    );
  });
});

describe('a key pair', () => {
  it('may do SFTP and nothing else', () => {
    const pair = generateKeyPair('holdfast@web1');
    expect(pair.publicKey).toMatch(/^ssh-ed25519 [A-Za-z0-9+/]+=* holdfast@web1$/);
    expect(pair.authorizedKeysLine).toBe(`restrict,command="internal-sftp" ${pair.publicKey}`);
  });

  it.each(['', 'two words', 'line\nline', 'x'.repeat(101), 'ä'])(
    'is not made with the comment %j',
    (comment) => {
      expect(() => generateKeyPair(comment)).toThrow(/comment/);
    },
  );

  it('is read again, also when a form changed its line ends', () => {
    const { privateKey } = generateKeyPair('a');
    for (const text of [privateKey, privateKey.trim(), privateKey.replaceAll('\n', '\r\n')]) {
      expect(readPrivateKey(text, undefined, 'x').type).toBe('ssh-ed25519');
    }
  });

  it('tells a public key and what is no key at all', () => {
    const { publicKey, privateKey } = generateKeyPair('a');
    expect(() => readPrivateKey(publicKey, undefined, 'x')).toThrow(/is a public key/);
    for (const text of ['', 'secret', privateKey.slice(0, 200)]) {
      expect(() => readPrivateKey(text, undefined, 'x')).toThrow(/cannot be read/);
    }
  });
});
