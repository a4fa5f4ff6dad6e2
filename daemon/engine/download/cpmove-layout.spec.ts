import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPlainPath } from '../manifest/entry-json.js';
import { CpmoveNames, isCpanelUser } from './cpmove-layout.js';

const place = (path: string, type: 'file' | 'symlink' | 'directory' = 'file') =>
  new CpmoveNames('alice').memberOf({ path, type });

describe('the place of something in a cpmove package', () => {
  it.each([
    ['homedir/public_html/a', 'homedir/public_html/a'],
    ['cron/crontab', 'cron/alice'],
    ['zones/alice.example.zone', 'dnszones/alice.example.db'],
    ['certificates/alice.example/combined', 'apache_tls/alice.example'],
    ['config/panel/var%2fcpanel%2fusers%2falice', 'cp/alice'],
    ['config/panel/var%2fcpanel%2fuserdata%2falice/main', 'userdata/main'],
    ['config/panel/var%2fcpanel%2fsuspended%2falice', 'suspended/alice'],
    ['config/panel/etc%2fproftpd%2falice.suspended', 'proftpdpasswd'],
    ['config/panel/etc%2fvaliases%2falice.example', 'va/alice.example'],
    ['config/panel/etc%2fvdomainaliases%2falice.test', 'vad/alice.test'],
    ['config/panel/etc%2fvfilters%2falice.example', 'vf/alice.example'],
  ])('of %s is %s', (path, expected) => {
    expect(place(path)).toBe(expected);
  });

  it.each([
    'config/account.json',
    'config/panel/var%2fcpanel%2fusers%2fbob',
    'config/panel/var%2fcpanel%2fdatabases%2falice.json',
    'config/panel/notvar%2fcpanel%2fusers%2falice',
    'config/panel/etc%2fvaliases%2f%2e%2e',
    'config/panel/etc%2fvaliases%2fa/b',
    'certificates/alice.example/certificates',
    'zones/%2e%2e%2f%2e%2e%2fetc%2fpasswd.zone',
    'zones/%2e%2e.zone',
    'certificates/%2e%2e/combined',
    'certificates/a%0ab/combined',
    'ftp/accounts.json',
    'mail/bob@alice.example/cur/1',
  ])('of %s is elsewhere', (path) => {
    expect(place(path)).toBe(`holdfast/${path}`);
  });

  it('is given to files only: a link could lead to a file of the server', () => {
    expect(place('config/panel/var%2fcpanel%2fuserdata%2falice/main', 'symlink')).toMatch(/^holdfast\//); // prettier-ignore
    expect(place('cron/crontab', 'symlink')).toBe('holdfast/cron/crontab');
    expect(place('cron', 'directory')).toBeUndefined();
  });

  it('is one for each, and no name is given to two, nor is a file a folder', () => {
    const part = fc.constantFrom('a', '%2e%2e', '%2f', 'main', 'combined', 'accounts.json', '$&', '*', '..b');
    const top = fc.constantFrom(
      'homedir', 'zones', 'certificates', 'mail', 'cron', 'config/panel', 'ftp', 'holdfast', 'cp',
      'config/panel/var%2fcpanel%2fuserdata%2falice', 'config/panel/x%2fvar%2fcpanel%2fuserdata%2falice',
      'config/panel/etc%2fvaliases%2fa', 'config/panel/b%2fetc%2fvaliases%2fa', 'config/panel/etc%2fproftpd%2falice',
    );
    const path = fc.tuple(top, fc.array(part, { maxLength: 3 })).map(([first, rest]) => [first, ...rest].join('/'));
    fc.assert(fc.property(fc.uniqueArray(path, { maxLength: 40 }), (paths) => {
      const files = paths.filter((one) => !paths.some((other) => other.startsWith(`${one}/`)));
      const names = new CpmoveNames('alice');
      const members = files.map((one) => names.memberOf({ path: one, type: 'file' }) ?? '');
      expect(new Set(members).size).toBe(members.length);
      for (const member of members) {
        expect(isPlainPath(member)).toBe(true);
        expect(members.some((other) => other.startsWith(`${member}/`))).toBe(false);
        expect(names.neededFolders).not.toContain(member);
      }
      expect(files.map((one) => names.memberOf({ path: one, type: 'file' }) ?? '')).toEqual(members);
    }));
  }); // prettier-ignore
});

it.each([
  ['alice', true],
  ['al-ice_2', true],
  ['', false],
  ['..', false],
  ['a/b', false],
  ['-rf', false],
])('takes %j for a user of cPanel: %s', (name, expected) => {
  expect(isCpanelUser(name)).toBe(expected);
});
