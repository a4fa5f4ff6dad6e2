import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkKey, checkPrefix, resolveRange } from './keys.js';

const REFUSED: unknown = expect.objectContaining({ code: 'destination.misconfigured' });

function failureOf(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('keys', () => {
  it('are accepted when every part is plain', () => {
    for (const key of ['a', 'a/b', '.a', '...', 'A_b-c.d/0', 'n'.repeat(255), 'x.tmp-1']) {
      expect(
        failureOf(() => {
          checkKey(key);
        }),
      ).toBeUndefined();
    }
    expect(
      failureOf(() => {
        checkKey(`${'a/'.repeat(511)}bb`);
      }),
    ).toBeUndefined();
    expect(
      failureOf(() => {
        checkKey(`${'a/'.repeat(512)}b`);
      }),
    ).toEqual(REFUSED);
  });

  it('never lead out of the root, whatever the text', () => {
    const segment = fc.constantFrom('.', '..', '', 'a', '.a.tmp-1', '\0', '/', 'ä', '%2e%2e');
    const text = fc.oneof(
      fc.string(),
      fc.array(segment).map((parts) => parts.join('/')),
    );
    fc.assert(
      fc.property(text, (key) => {
        const failure = failureOf(() => {
          checkKey(key);
        });
        if (failure !== undefined) return;
        expect(key).toMatch(/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/);
        for (const part of key.split('/')) expect(part).not.toMatch(/^\.\.?$|^\..*\.tmp-/);
      }),
      { numRuns: 2000 },
    );
  });

  it('as prefixes end with a slash or are empty', () => {
    for (const prefix of ['', 'a/', 'a/b/']) {
      expect(
        failureOf(() => {
          checkPrefix(prefix);
        }),
      ).toBeUndefined();
    }
    for (const prefix of ['a', '/', 'a//', '../', 'a/../']) {
      expect(
        failureOf(() => {
          checkPrefix(prefix);
        }),
      ).toEqual(REFUSED);
    }
  });
});

describe('ranges', () => {
  it('lie within the object', () => {
    expect(resolveRange('k', undefined, 7)).toEqual({ offset: 0, length: 7 });
    expect(resolveRange('k', { offset: 7, length: 0 }, 7)).toEqual({ offset: 7, length: 0 });
    for (const [offset, length] of [
      [0, 8],
      [7, 1],
      [-1, 2],
      [0, -1],
      [0.5, 1],
      [NaN, 1],
    ] as const) {
      expect(failureOf(() => resolveRange('k', { offset, length }, 7))).toMatchObject({
        code: 'destination.corrupt',
      });
    }
  });
});
