import { describe, expect, it } from 'vitest';
import {
  elapsed,
  humanDuration,
  humanSize,
  localTime,
  modeText,
  plain,
  plainReference,
} from './format.js';

describe('humanSize', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [1_500_000_000, '1.5 GB'],
    [999_999, '1.0 MB'],
    [100_000_000, '100 MB'],
    [1e18, '1000 PB'],
  ])('%d is %s', (bytes, text) => {
    expect(humanSize(bytes)).toBe(text);
  });
});

describe('humanDuration', () => {
  it.each([
    [0.4, '0 s'],
    [59, '59 s'],
    [200, '3 min 20 s'],
    [7500, '2 h 5 min'],
    [-3, '0 s'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(humanDuration(seconds)).toBe(text);
  });
});

describe('times', () => {
  it('are local, and a dash when there is none', () => {
    const local = new Date(2026, 10, 21, 2, 4, 6);
    expect(localTime(local.toISOString())).toBe('2026-11-21 02:04:06');
    expect(localTime(null)).toBe('-');
  });

  it('count up to now while something runs', () => {
    const now = new Date('2026-11-21T00:00:09Z');
    expect(elapsed('2026-11-21T00:00:00Z', null, now)).toBe('9 s');
    expect(elapsed('2026-11-21T00:00:00Z', '2026-11-21T00:00:02Z', now)).toBe('2 s');
    expect(elapsed(null, null, now)).toBe('-');
  });
});

describe('hostile text', () => {
  it('cannot move the cursor, ring the bell or turn the line around', () => {
    expect(plain('a\u001b[2Jb\u0007\n\u202ec')).toBe('a\\x1b[2Jb\\x07\\x0a\\u202ec');
  });

  it('survives a lone surrogate', () => {
    expect(plain('a\ud800b')).toBe('a\ufffdb');
  });

  it('shows bytes that are not UTF-8 escaped', () => {
    const reference = `base64:${Buffer.from([0x61, 0xff, 0x0a]).toString('base64')}`;
    expect(plainReference(reference)).toBe('a\\xff\\x0a');
    expect(plainReference('homedir/ü')).toBe('homedir/ü');
  });
});

describe('modeText', () => {
  it.each([
    ['file', 0o644, '-rw-r--r--'],
    ['directory', 0o2755, 'drwxr-sr-x'],
    ['file', 0o4644, '-rwSr--r--'],
    ['directory', 0o1777, 'drwxrwxrwt'],
    ['symlink', 0o777, 'lrwxrwxrwx'],
  ])('%s %o', (type, mode, text) => {
    expect(modeText(type, mode)).toBe(text);
  });
});
