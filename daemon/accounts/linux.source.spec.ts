import { describe, expect, it } from 'vitest';
import { accountsOf } from './linux.source.js';
import { parsePasswd } from './passwd.js';

const range = { uidMin: 1000, uidMax: 2000 };

describe('parsePasswd', () => {
  it('reads names, ids and homes, whatever the comment and the shell', () => {
    expect(parsePasswd('bob:x:1001:1002:Bob, Room 1:/home/bob:/usr/sbin/nologin\n')).toEqual([
      { name: 'bob', uid: 1001, gid: 1002, home: '/home/bob' },
    ]);
  });

  it('leaves out what is not an entry', () => {
    const text = [
      '+::::::',
      'short:x:1',
      'neg:x:-1:1::/h:/s',
      'big:x:1e3:1::/h:/s',
      '',
      ':x:1:1::/:',
    ];
    expect(parsePasswd(text.join('\n'))).toEqual([]);
  });

  it('keeps an entry with an empty home or shell', () => {
    expect(parsePasswd('a:x:1:1:::')).toEqual([{ name: 'a', uid: 1, gid: 1, home: '' }]);
  });
});

describe('accountsOf', () => {
  const entry = (name: string, uid: number, home = `/home/${name}`) => ({
    name,
    uid,
    gid: uid,
    home,
  });

  it('takes the range with both ends', () => {
    const entries = [entry('a', 999), entry('b', 1000), entry('c', 2000), entry('d', 2001)];
    expect(accountsOf(entries, range).accounts.map(({ name }) => name)).toEqual(['b', 'c']);
  });

  it('counts the first entry of a name', () => {
    const { accounts } = accountsOf([entry('a', 1001), entry('a', 1002)], range);
    expect(accounts).toEqual([{ name: 'a', uid: 1001, gid: 1001, home: '/home/a', user: 'a' }]);
  });

  it('keeps two names of one uid apart', () => {
    expect(accountsOf([entry('a', 1001), entry('b', 1001)], range).accounts).toHaveLength(2);
  });

  it('says who is left out and why', () => {
    const entries = [entry('weird$', 1001), entry('ok', 1002, '/'), entry('rel', 1003, 'home')];
    const { accounts, problems } = accountsOf(entries, range);
    expect(accounts).toEqual([]);
    expect(problems).toEqual([
      expect.stringMatching(/"weird\$" is not backed up: the name must/),
      expect.stringMatching(/"ok" is not backed up: the home "\/" must not be the root/),
      expect.stringMatching(/"rel" is not backed up: the home "home" must be an absolute/),
    ]);
  });
});
