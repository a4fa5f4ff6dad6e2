import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PathSet } from './path-set.js';

describe('PathSet', () => {
  it('has what was added, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (added, others) => {
        const set = new PathSet();
        for (const path of added) set.add(path);
        const model = new Set(added);
        expect(set.size).toBe(model.size);
        for (const path of [...added, ...others]) expect(set.has(path)).toBe(model.has(path));
      }),
    );
  });

  it('grows', () => {
    const set = new PathSet();
    for (let n = 0; n < 20_000; n += 1) set.add(`homedir/${String(n)}`);
    expect(set.size).toBe(20_000);
    for (let n = 0; n < 20_000; n += 1) expect(set.has(`homedir/${String(n)}`)).toBe(true);
    expect(set.has('homedir/20000')).toBe(false);
  });

  it('tells bytes that are not ASCII apart', () => {
    const set = new PathSet();
    set.add('homedir/caf\xe9');
    expect(set.has('homedir/caf\xc3\xa9')).toBe(false);
  });
});
