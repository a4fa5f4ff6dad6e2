import { expect, it } from 'vitest';
import { renamedFor } from './database-renames.js';

it.each([
  ['bob', undefined, 'alice_shop', 'alice_shop'],
  ['alice', 'alice', 'alice_shop', 'alice_shop'],
  ['bob', 'alice', 'alice_shop', 'bob_shop'],
  ['bob', 'alice', 'alice', 'bob_alice'],
  ['bob', 'al', 'alice_shop', 'bob_alice_shop'],
])('for %s, of %s, %s is %s', (account, former, name, renamed) => {
  expect(renamedFor(account, former, name)).toBe(renamed);
});
