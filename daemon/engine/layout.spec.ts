import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountPrefix, archiveKey, archiveName, pageKey, parseSnapshotKey, snapshotKey, snapshotOfArchive } from './layout.js'; // prettier-ignore

describe('keys', () => {
  const prefix = (name: string): string => accountPrefix('srv', { name, id: 'a1b2' });

  it('write what a key cannot hold as bytes', () => {
    expect(prefix('alice-2')).toBe('srv/alice-2.a1b2/');
    expect(prefix('example.com')).toBe('srv/example_2ecom.a1b2/');
    expect(prefix('a_b')).toBe('srv/a_5fb.a1b2/');
    expect(prefix('é☕')).toBe('srv/_c3_a9_e2_98_95.a1b2/');
    expect(prefix('🗄')).toBe('srv/_f0_9f_97_84.a1b2/');
    expect(prefix('../..')).toBe('srv/_2e_2e_2f_2e_2e.a1b2/');
  });

  it('are different for different names, and valid for any', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(prefix(a)).toMatch(/^srv\/[A-Za-z0-9_-]*\.a1b2\/$/);
        expect(prefix(a) === prefix(b)).toBe(a === b);
      }),
    );
  });

  it('of a snapshot come apart again', () => {
    const place = { prefix: 'srv/alice.a1b2/', snapshotId: '20260101T000000Z-abcdef' };
    expect(snapshotKey(place)).toBe('srv/alice.a1b2/snapshots/20260101T000000Z-abcdef.json');
    expect(parseSnapshotKey(snapshotKey(place))).toEqual(place);
    for (const key of ['snapshots/x.json', 'srv/a/snapshots/x', 'srv/a/pages/x.json', 'srv/snapshots/a/b.json']) {
      expect(() => parseSnapshotKey(key)).toThrow(expect.objectContaining({ kind: 'bug' }));
    } // prettier-ignore
  });

  it('of pages and archives lie beside it', () => {
    expect(pageKey('p/', 'ab')).toBe('p/pages/ab.jsonl.gz');
    expect(archiveKey('p/', archiveName('id', 1, 'compressed'))).toBe('p/archives/id-1.tar.gz');
    expect(archiveName('id', 2, 'archived')).toBe('id-2.tar');
  });

  it('tell whose an archive is', () => {
    expect(snapshotOfArchive('20260101T000000Z-abcdef-1.tar.gz')).toBe('20260101T000000Z-abcdef');
    expect(snapshotOfArchive('x-12.tar')).toBe('x');
    expect(snapshotOfArchive('x.tar')).toBeUndefined();
    expect(snapshotOfArchive('x-1.zip')).toBeUndefined();
  });
});
