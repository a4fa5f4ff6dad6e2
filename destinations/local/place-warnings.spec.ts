import { describe, expect, it } from 'vitest';
import { placeWarnings, type PlaceFacts } from './place-warnings.js';

const SAFE: PlaceFacts = {
  path: '/backup',
  mode: 0o40700,
  homeOnDisk: undefined,
  totalBytes: 1e12,
};

describe('placeWarnings', () => {
  it.each<[string, Partial<PlaceFacts>, string[]]>([
    ['nothing of a closed directory on its own disk', {}, []],
    ['a directory that a group can read', { mode: 0o40750 }, ['mode']],
    ['a directory that others can enter', { mode: 0o40701 }, ['mode']],
    ['the disk of the homes', { homeOnDisk: '/home/anna' }, ['same-disk']],
    ['a file system that says nothing', { totalBytes: undefined }, ['free-space']],
    ['one that has no size', { totalBytes: 0 }, ['free-space']],
    ['all at once', { mode: 0o40755, homeOnDisk: '/home/a', totalBytes: 0 }, ['mode', 'same-disk', 'free-space']], // prettier-ignore
  ])('tells %s', (_, facts, names) => {
    expect(placeWarnings({ ...SAFE, ...facts }).map(({ name }) => name)).toEqual(names);
  });

  it('says the mode and how to mend it', () => {
    const [warning] = placeWarnings({ ...SAFE, mode: 0o40755 });
    expect(warning?.message).toContain('(mode 755)');
    expect(warning?.mend).toBe('Run: chmod 700 /backup');
  });
});
