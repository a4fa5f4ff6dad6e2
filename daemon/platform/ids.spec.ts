import { describe, expect, it } from 'vitest';
import { isId, newId, newSnapshotId } from './ids.js';

describe('ids', () => {
  it('makes ids of 12 lowercase hex digits, each another', () => {
    const ids = Array.from({ length: 100 }, () => newId());
    expect(ids.every((id) => isId(id))).toBe(true);
    expect(new Set(ids).size).toBe(100);
  });

  it('names a snapshot by its second in UTC and a random part', () => {
    const id = newSnapshotId(new Date('2026-11-21T22:45:12.987+01:00'));
    expect(id).toMatch(/^20261121T214512Z-[0-9a-f]{6}$/);
  });

  it.each(['', '3f9c2a', '3f9c2a3f9c2a0', '3F9C2A3F9C2A', '3f9c2a/../c2a'])(
    'does not take %j for an id',
    (text) => {
      expect(isId(text)).toBe(false);
    },
  );
});
