import { describe, expect, it } from 'vitest';
import { isBoundary, isLikelyIncompressible, pathHash } from './slab-rules.js';

describe('boundaries', () => {
  it('are those of FNV-1a, for ever: an unchanged page keeps its name', () => {
    expect(pathHash('')).toBe(0x811c9dc5);
    expect(pathHash('a')).toBe(0xe40c292c);
    expect(pathHash('foobar')).toBe(0xbf9cf968);
  });

  it('depend on the path alone, and come about every 48th', () => {
    const paths = Array.from({ length: 48_000 }, (_, i) => `homedir/public_html/file-${i}.php`);
    const count = paths.filter(isBoundary).length;
    expect(count).toBeGreaterThan(800);
    expect(count).toBeLessThan(1200);
  });
});

describe('isLikelyIncompressible', () => {
  const large = 1024 * 1024;
  it.each<[string, number, boolean]>([
    ['photo.jpg', large, true],
    ['PHOTO.JPG', large, true],
    ['backup.tar.gz', large, true],
    ['photo.jpg', 1000, false],
    ['page.php', large, false],
    ['.zip', large, false],
    ['zip', large, false],
    ['photo.jpg.txt', large, false],
    ['a.', large, false],
  ])('%s of %d bytes: %s', (name, size, expected) => {
    expect(isLikelyIncompressible(name, size)).toBe(expected);
  });
});
