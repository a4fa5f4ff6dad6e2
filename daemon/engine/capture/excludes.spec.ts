import { describe, expect, it } from 'vitest';
import { fromText } from '../manifest/byte-path.js';
import { DEFAULT_EXCLUDES, excludeMatcher } from './excludes.js';

/** What is left out of a few paths; those that end in `/` are directories. */
function leftOut(patterns: string[], paths: string[], useDefaults = false): string[] {
  const matcher = excludeMatcher({ patterns, useDefaults });
  return paths.filter((path) => {
    const isDirectory = path.endsWith('/');
    return matcher.match(isDirectory ? path.slice(0, -1) : path, isDirectory) !== undefined;
  });
}

const PATHS = ['log', 'log/', 'a.log', 'sub/a.log', 'sub/log/', 'sub/deep/log', 'logs/', 'keep.log', 'A.LOG']; // prettier-ignore

describe('exclude patterns are those of gitignore', () => {
  it.each<[string, string[], string[]]>([
    ['a name anywhere', ['log'], ['log', 'log/', 'sub/log/', 'sub/deep/log']],
    ['a name at the top', ['/log'], ['log', 'log/']],
    ['directories only', ['log/'], ['log/', 'sub/log/']],
    ['a path from the top', ['sub/a.log'], ['sub/a.log']],
    ['a star, capitals apart', ['*.log'], ['a.log', 'sub/a.log', 'keep.log']],
    ['a negation', ['*.log', '!keep.log'], ['a.log', 'sub/a.log']],
    ['the last that matches', ['!keep.log', '*.log'], ['a.log', 'sub/a.log', 'keep.log']],
    ['any depth in front', ['**/log'], ['log', 'log/', 'sub/log/', 'sub/deep/log']],
    ['any depth behind', ['sub/**'], ['sub/a.log', 'sub/log/', 'sub/deep/log']],
    ['any depth between', ['sub/**/log'], ['sub/log/', 'sub/deep/log']],
    ['one character', ['?.log'], ['a.log', 'sub/a.log']],
    ['a comment and an empty line', ['# log', '', '  '], []],
  ])('%s', (_name, patterns, expected) => {
    expect(leftOut(patterns, PATHS)).toEqual(expected);
  });

  it('and name the one that matched', () => {
    const matcher = excludeMatcher({ patterns: ['*.log', '!keep.log'], useDefaults: false });
    expect(matcher.match('a.log', false)).toBe('*.log');
    expect(matcher.match('keep.log', false)).toBeUndefined();
  });

  it('match text and bytes', () => {
    expect(leftOut(['é*'], [fromText('été'), fromText('ete')])).toEqual([fromText('été')]);
    expect(leftOut(['*.txt'], ['a\xff.txt', 'a\xff.doc'])).toEqual(['a\xff.txt']);
  });

  it('match names that look like paths upwards, and take none for an error', () => {
    expect(leftOut(['x'], ['..a', '...', 'a..b', ' ', '-', 'a\\b', 'x'])).toEqual(['x']);
  });

  it('still match after very many names', () => {
    const matcher = excludeMatcher({ patterns: ['*.log'], useDefaults: false });
    for (let i = 0; i < 20_100; i += 1) matcher.match(`file-${i}`, false);
    expect(matcher.match('a.log', false)).toBe('*.log');
  });
});

describe('the default list', () => {
  it('leaves out caches and sessions', () => {
    const out = ['.cache/', 'tmp/', '.php_sessions/', 'public_html/wp-content/cache/', '.npm/_cacache/']; // prettier-ignore
    expect(leftOut([], out, true)).toEqual(out);
    expect(leftOut([], out, false)).toEqual([]);
  });

  it('keeps what only sounds like them', () => {
    const kept = ['cache/', 'public_html/tmp/', 'tmp', 'public_html/.cache/', '.trash/', 'mail/', 'public_html/wp-content/uploads/']; // prettier-ignore
    expect(leftOut([], kept, true)).toEqual([]);
  });

  it('can be taken back by a pattern', () => {
    expect(leftOut(['!/tmp/'], ['tmp/'], true)).toEqual([]);
    expect(DEFAULT_EXCLUDES.every((pattern) => pattern.endsWith('/'))).toBe(true);
  });
});
