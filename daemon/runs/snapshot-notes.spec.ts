import { expect, it } from 'vitest';
import { labelName, snapshotNotes } from './snapshot-notes.js';

it.each(['a', '1', 'before-update', 'x'.repeat(32)])('%j is a label', (label) => {
  expect(labelName.safeParse(label).success).toBe(true);
});

it.each(['', '-a', 'a-', 'A', 'a b', 'a%', 'a"', 'ä', 'x'.repeat(33)])('%j is none', (label) => {
  expect(labelName.safeParse(label).success).toBe(false);
});

it('sorts labels, each once, and trims the note', () => {
  const given = { note: ' before the update\n', labels: ['b', 'a', 'b'] };
  expect(snapshotNotes.parse(given)).toEqual({ note: 'before the update', labels: ['a', 'b'] });
  expect(snapshotNotes.parse({})).toEqual({});
});

it('takes ten labels and 500 characters, and no more', () => {
  const labels = Array.from({ length: 11 }, (_, i) => `l${i}`);
  expect(snapshotNotes.safeParse({ labels }).success).toBe(false);
  expect(snapshotNotes.safeParse({ labels: [...labels.slice(0, 10), 'l0'] }).success).toBe(true);
  expect(snapshotNotes.safeParse({ note: 'x'.repeat(501) }).success).toBe(false);
  expect(snapshotNotes.safeParse({ note: 'x'.repeat(500) }).success).toBe(true);
});

it('keeps line breaks, and takes no other control characters', () => {
  expect(snapshotNotes.parse({ note: 'a\r\nb' })).toEqual({ note: 'a\nb' });
  for (const note of ['a\u001b[2Jb', 'a\u0000b', 'a\rb']) {
    expect(snapshotNotes.safeParse({ note }).success).toBe(false);
  }
});
