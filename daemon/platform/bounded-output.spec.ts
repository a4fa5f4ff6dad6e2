import { describe, expect, it } from 'vitest';
import { BoundedOutput } from './bounded-output.js';

function feed(keep: 'start' | 'end', limit: number, chunks: string[]) {
  const output = new BoundedOutput(keep, limit);
  for (const chunk of chunks) output.add(Buffer.from(chunk));
  return { text: output.text(), isTruncated: output.isTruncated };
}

describe('BoundedOutput', () => {
  it.each(['start', 'end'] as const)('keeps everything within the limit (%s)', (keep) => {
    expect(feed(keep, 6, ['abc', 'def'])).toEqual({ text: 'abcdef', isTruncated: false });
  });

  it('keeps the start', () => {
    expect(feed('start', 4, ['abc', 'def', 'ghi'])).toEqual({ text: 'abcd', isTruncated: true });
  });

  it.each([
    [['abc', 'def', 'ghi'], 'fghi'],
    [['abcdefghijkl'], 'ijkl'],
    [['ab', 'cd', 'ef', 'gh', 'ij', 'kl', 'mn', 'op'], 'mnop'],
  ])('keeps the end of %j', (chunks, text) => {
    expect(feed('end', 4, chunks)).toEqual({ text, isTruncated: true });
  });
});
