import { describe, expect, it } from 'vitest';
import { parseDirectory } from './directory-file.js';

function fieldsOf(text: string): string[] {
  const parsed = parseDirectory(text);
  return parsed.isOk ? [] : parsed.problems.map(({ field }) => field);
}

describe('parseDirectory', () => {
  it('reads every field', () => {
    const text = `
accounts:
  - { name: alice, home: /srv/alice }
  - { name: bob, home: /srv/bob, user: www, email: bob@example.org, owner: reseller, package: Gold }
`;
    expect(parseDirectory(text)).toEqual({
      isOk: true,
      accounts: [
        { name: 'alice', home: '/srv/alice' },
        {
          name: 'bob',
          home: '/srv/bob',
          user: 'www',
          email: 'bob@example.org',
          owner: 'reseller',
          package: 'Gold',
        },
      ],
    });
  });

  it('names the place of every problem at once', () => {
    const text = `
accounts:
  - { name: "-rf", home: /srv/alice }
  - { name: bob, home: ../bob, email: nobody }
  - { name: eve }
`;
    expect(fieldsOf(text)).toEqual([
      'accounts.0.name',
      'accounts.1.home',
      'accounts.1.email',
      'accounts.2.home',
    ]);
  });

  it('refuses what it does not know', () => {
    expect(parseDirectory('accounts: [{name: a, home: /a, hmoe: /b}]')).toMatchObject({
      isOk: false,
      problems: [{ field: 'accounts.0', message: expect.stringContaining('hmoe') as unknown }],
    });
    expect(fieldsOf('accounts: []\nother: 1')).toEqual(['']);
  });

  it('refuses a repeated name', () => {
    expect(parseDirectory('accounts: [{name: a, home: /a}, {name: a, home: /b}]')).toMatchObject({
      problems: [{ field: 'accounts.1.name', message: '"a" is the name of accounts.0 already' }],
    });
  });

  it.each(['', 'just text', '[]', 'accounts:', 'accounts: {}'])('refuses %j as a list', (text) => {
    expect(parseDirectory(text).isOk).toBe(false);
  });

  it('says where the YAML breaks', () => {
    expect(parseDirectory('accounts:\n  - {name: a\n')).toMatchObject({
      problems: [{ field: '', message: expect.stringMatching(/^is not YAML: .*line/s) as unknown }],
    });
  });

  it('takes what else belongs to an account, and then its databases, too', () => {
    const parts = 'crontab: /c, mailboxes: [{ address: a@b, path: /m }], zones: []';
    const listed = (more: string): string => `accounts: [{ name: alice, home: /a, ${more} }]`;
    expect(parseDirectory(listed(`${parts}, databases: []`))).toMatchObject({
      isOk: true,
      accounts: [{ crontab: '/c', mailboxes: [{ address: 'a@b', path: '/m' }], databases: [] }],
    });
    expect(fieldsOf(listed(parts))).toEqual(['accounts.0.databases']);
    expect(fieldsOf(listed('databases: [], crontab: here'))).toEqual(['accounts.0.crontab']);
  });
});
