import { expect, it } from 'vitest';
import type { CaptureRequest } from '../types.js';
import { MariadbParts } from './mariadb-parts.js';
import { withTables, type Part } from './part.js';

const NOBODY = { names: [] };
const server = { socketPath: '/nowhere', user: 'root' };
const parts = new MariadbParts({
  server,
  databases: { mariadb: server, ownership: NOBODY, users: NOBODY, others: [] },
  allowsOtherDefiners: false,
  journalFolder: '/nowhere',
  restorable: new Set(),
});

it('keeps all chosen tables of a database, whichever come back and whichever go', () => {
  const shop: Part = { driver: 'mariadb', path: 'databases/mariadb/shop', name: 'shop', title: '' };
  const standing = [
    { part: withTables(shop, ['a', 'b']), isThere: true, tables: ['a', 'b'] },
    { part: withTables(shop, ['c']), isThere: true, tables: ['c'] },
  ];
  const narrowed = parts.narrow({} as CaptureRequest, standing).databases;
  expect(narrowed?.ownership).toEqual({ names: ['shop'] });
  expect(narrowed?.tablesOf).toEqual([{ database: 'shop', tables: ['a', 'b', 'c'] }]);
});
