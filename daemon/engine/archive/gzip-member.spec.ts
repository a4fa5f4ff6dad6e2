import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  GZIP_HEADER_BYTES,
  MAX_MEMBER_CONTENT_BYTES,
  MEMBER_OVERHEAD_BYTES,
  gunzipMember,
  inflateMembers,
  gzipMember,
  isIncompressible,
  memberLength,
} from './gzip-member.js';

const levels = fc.integer({ min: 0, max: 9 });
const contents = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
  fc.nat({ max: 200_000 }).map((length) => Buffer.alloc(length, 'holdfast ')),
);
const damaged = expect.objectContaining({ kind: 'integrity', code: 'archive.damaged' }) as unknown;

/** Bytes without a pattern. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}

describe('a gzip member', () => {
  it('comes back at every level, by us and by any gunzip', () => {
    fc.assert(
      fc.property(contents, levels, (content, level) => {
        const member = gzipMember(content, level);
        expect(memberLength(member, 0)).toBe(member.length);
        expect(gunzipMember(Buffer.from(member)).equals(content)).toBe(true);
        expect(gunzipSync(member).equals(content)).toBe(true);
      }),
    );
  });

  it('stores content of more than one block at level 0', () => {
    for (const length of [0, 1, 65_534, 65_535, 65_536, 131_070, 131_071]) {
      const content = noise(length);
      const member = gzipMember(content, 0);
      const blocks = Math.max(1, Math.ceil(length / 65_535));
      expect(member.length).toBe(length + 5 * blocks + MEMBER_OVERHEAD_BYTES);
      expect(gunzipSync(member).equals(content)).toBe(true);
    }
  });

  it('uses the memory it is given', () => {
    const memory = Buffer.alloc(4096);
    const member = gzipMember(Buffer.from('content'), 6, () => memory);
    expect(member.buffer).toBe(memory.buffer);
    expect(gunzipMember(member).toString()).toBe('content');
  });

  it('begins as FORMAT.md says', () => {
    const member = gzipMember(Buffer.from('x'), 9);
    expect(member.subarray(0, 16).toString('hex')).toBe('1f8b0804000000000003080048460400');
    expect(member.readUInt32LE(16)).toBe(member.length);
  });

  it('in a row is one file to any gunzip', () => {
    fc.assert(
      fc.property(fc.array(contents, { minLength: 1, maxLength: 4 }), levels, (parts, level) => {
        const row = Buffer.concat(parts.map((part) => gzipMember(part, level)));
        expect(inflateMembers(Buffer.from(row)).equals(Buffer.concat(parts))).toBe(true);
        expect(gunzipSync(row).equals(Buffer.concat(parts))).toBe(true);
      }),
    );
  });
});

describe('a damaged member', () => {
  it('is told from a whole one, wherever a bit is flipped', () => {
    const content = Buffer.from('some content of a member, and a little more of it '.repeat(4));
    const bits = fc.nat({ max: 8 * gzipMember(content, 0).length - 1 });
    fc.assert(
      fc.property(levels, bits, (level, bit) => {
        const member = gzipMember(content, level);
        const at = (bit >> 3) % member.length;
        member[at] = (member[at] ?? 0) ^ (1 << (bit & 7));
        let read: Buffer;
        try {
          read = gunzipMember(member);
        } catch (error) {
          expect(error).toEqual(damaged);
          return;
        }
        // Padding bits of deflate and the end of a stored block's header carry nothing.
        expect(read.equals(content)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('cut short is refused', () => {
    const member = gzipMember(Buffer.from('content'), 6);
    for (let length = GZIP_HEADER_BYTES; length < member.length; length += 1) {
      expect(() => gunzipMember(member.subarray(0, length))).toThrow(damaged);
      expect(() => inflateMembers(member.subarray(0, length))).toThrow(damaged);
    }
    expect(memberLength(member.subarray(0, GZIP_HEADER_BYTES - 1), 0)).toBeUndefined();
    expect(() => inflateMembers(member.subarray(0, 5))).toThrow(damaged);
  });

  it('of another writer, or of an impossible length, is refused', () => {
    expect(() => memberLength(gzipSync('x'.repeat(50)), 0)).toThrow(damaged);
    for (const length of [0, MEMBER_OVERHEAD_BYTES - 1, 2 * MAX_MEMBER_CONTENT_BYTES + 1]) {
      const member = gzipMember(Buffer.from('content'), 6);
      member.writeUInt32LE(length, 16);
      expect(() => memberLength(member, 0)).toThrow(damaged);
    }
  });

  it('that claims more than a member may hold is not inflated', () => {
    const bomb = gzipMember(Buffer.alloc(MAX_MEMBER_CONTENT_BYTES + 1), 9);
    expect(() => gunzipMember(bomb)).toThrow(/too large/);
    const liar = gzipMember(Buffer.alloc(100_000), 9);
    liar.writeUInt32LE(10, liar.length - 4);
    expect(() => gunzipMember(liar)).toThrow(damaged);
  });
});

describe('isIncompressible', () => {
  it('finds noise, and is not fooled by a noisy middle', () => {
    const text = Buffer.alloc(100_000, 'text that repeats ');
    expect(isIncompressible(noise(100_000), false)).toBe(true);
    expect(isIncompressible(noise(100_000), true)).toBe(true);
    expect(isIncompressible(text, true)).toBe(false);
    expect(isIncompressible(Buffer.concat([text, noise(20_000), text]), false)).toBe(false);
    expect(isIncompressible(noise(1000), true)).toBe(false);
  });
});
