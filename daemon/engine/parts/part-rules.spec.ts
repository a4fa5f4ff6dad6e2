import { describe, expect, it } from 'vitest';
import { nameOfFile } from '../databases/database-names.js';
import { isFtpFile, missingFtpLines, parseFtpAccounts } from './ftp-lines.js';
import { certificateFiles, partItemAt, partName, zonePath } from './part-names.js';
import { partKindOf, type PartKind } from './part-rules.js';
import { reloadHint } from './reload-hints.js';

describe('names of parts', () => {
  it.each([
    ['example.com', 'example.com'],
    ['*.example.com', '%2a.example.com'],
    ['.hidden', '%2ehidden'],
    ['..', '%2e.'],
    ['a/b%c', 'a%2fb%25c'],
    ["o'neil+x@example.com", 'o%27neil%2bx@example.com'],
    ['a\nb\0', 'a%0ab%00'],
    ['bücher.example', 'b\u00c3\u00bccher.example'],
  ])('%j is the file %j, and back', (name, fileName) => {
    expect(partName(name)).toBe(fileName);
    expect(nameOfFile(fileName)).toBe(name);
  });

  it('make items', () => {
    expect(partItemAt(zonePath('example.com'))).toBe('zone:example.com');
    expect(partItemAt('mail/a%2bb@example.com')).toBe('mailbox:a+b@example.com');
    expect(partItemAt('certificates/%2a.example.com')).toBe('certificate:*.example.com');
    expect(['cron', 'ftp'].map(partItemAt)).toEqual(['cron', 'ftp']);
    const none = ['mail', 'zones/readme', 'mail/a/cur', 'cron/crontab', 'homedir', 'config/panel'];
    expect(none.map(partItemAt)).toEqual(none.map(() => undefined));
  });

  it('of certificates are those of the files, and whole paths where two are the same', () => {
    const names = (...paths: string[]): string[] => [...certificateFiles('a.b', paths).keys()];
    expect(names('/x/key.pem', '/x/cert.pem', '/x/key.pem')).toEqual(['certificates/a.b/key.pem', 'certificates/a.b/cert.pem']); // prettier-ignore
    expect(names('/x/pem', '/y/pem')).toEqual(['certificates/a.b/x%2fpem', 'certificates/a.b/y%2fpem']); // prettier-ignore
  });
});

describe('kinds of parts', () => {
  it.each<[string, PartKind | undefined]>([
    ['mail/a@b/cur', 'mailbox'],
    ['mailbox', undefined],
    ['config/panel/x', 'config'],
    ['config/account.json', undefined],
    ['cron/crontab', 'cron'],
    ['homedir/mail', undefined],
  ])('%s is %s', (path, kind) => {
    expect(partKindOf(path)).toBe(kind);
  });
});

describe('hints', () => {
  const account = { source: 'hestiacp', name: 'alice' };

  it.each<[PartKind, string, string | undefined]>([
    ['zone', 'zone:example.com', 'rndc reload example.com'],
    ['zone', 'zone:a; rm -rf /', 'rndc reload'],
    ['config', 'config', '/usr/local/hestia/bin/v-rebuild-user alice'],
    ['cron', 'cron', undefined],
  ])('of %s %s: %s', (kind, item, hint) => {
    expect(reloadHint({ kind, item }, account)).toBe(hint);
  });

  it('hold no name that a shell would read otherwise', () => {
    const odd = { source: 'hestiacp', name: 'a;id' };
    expect(reloadHint({ kind: 'config', item: 'config' }, odd)).toBeUndefined();
  });
});

describe('FTP accounts', () => {
  const account = { uid: 1, gid: 2, home: '/home/a' };

  it('are lines when they are missing or otherwise, and no line holds two', () => {
    const one = { user: 'one', home: '/h', passwordHash: 'x' };
    const wanted = [one, { user: 'two' }, { user: 'three\nroot:x:0' }, { user: 'a:b' }];
    expect(missingFtpLines(wanted, [one], account)).toEqual(['two:!:1:2::/home/a:/sbin/nologin']);
    const changed = missingFtpLines([one], [{ ...one, home: '/other' }], account);
    expect(changed).toEqual(['one:x:1:2::/h:/sbin/nologin']);
  });

  it('of a snapshot are checked', () => {
    expect(parseFtpAccounts('[{"user":"a"}]')).toEqual([{ user: 'a' }]);
    for (const text of ['{', '{}', '[{"user":1}]']) {
      expect(() => parseFtpAccounts(text)).toThrow(/is damaged/);
    }
  });

  it.each([
    ['/etc/proftpd/alice', true],
    ['/usr/local/directadmin/data/users/a/ftp.passwd', true],
    ['/usr/local/directadmin/data/users/a/domains/b.ftp', true],
    ['/usr/local/directadmin/data/users/a/user.conf', false],
    ['/etc/proftpd/a/b', false],
  ])('of a panel in %s: %s', (path, isFtp) => {
    expect(isFtpFile(path)).toBe(isFtp);
  });
});
