import type { Actor } from '../auth/actor.js';
import { expect, it } from 'vitest';
import { accountParts } from '../accounts/account-parts.js';
import { toAccountDetailView } from '../api/account-detail-view.js';
import { sampleAccount } from '../testing/sample-rows.js';
import { accountFacts } from './account.command.js';

const ADMIN: Actor = { role: 'admin', label: 'root', uid: 0, origin: 'cli' };

it('shows what belongs to an account, of many the first', () => {
  const parts = accountParts.parse({
    domains: [{ name: 'a.example' }, { name: 'b\u001b[2J.example' }],
    databases: [{ engine: 'postgresql', name: 'a_geo' }],
    mailboxes: Array.from({ length: 1021 }, (_, i) => ({ address: `m${i}`, path: `/m/${i}` })),
    zones: [{ domain: 'a.example', path: '/var/named/a.example.db' }],
    problems: ['"/x" was not used: it is a symlink.'],
  });
  const account = sampleAccount({ parts, isSuspended: true });
  const lines = accountFacts(toAccountDetailView(account, ADMIN)).split('\n');
  const fact = (name: string) => lines.find((line) => line.startsWith(`${name}  `))?.slice(22);
  expect(fact('state')).toBe('suspended');
  expect(fact('domains')).toBe('a.example, b\\x1b[2J.example');
  expect(fact('PostgreSQL databases')).toBe('a_geo');
  expect(fact('mailboxes')).toMatch(/^m0, m1, .*, m19 and 1,001 more$/);
  expect(fact('DNS zones')).toBe('a.example');
  expect(fact('problem')).toBe('"/x" was not used: it is a symlink.');
});

it('calls one that is gone so, suspended or not', () => {
  const account = sampleAccount({ state: 'gone', isSuspended: true });
  expect(accountFacts(toAccountDetailView(account, ADMIN))).toMatch(/^state +gone$/m);
});
