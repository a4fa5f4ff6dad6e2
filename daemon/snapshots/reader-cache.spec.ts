import { describe, expect, it } from 'vitest';
import { ReaderCache } from './reader-cache.js';

function setUp(readers: number) {
  const log: string[] = [];
  let nowMs = 0;
  const cache = new ReaderCache<string>({ readers, idleMs: 1_000, nowMs: () => nowMs });
  const open = (id: string) => () => {
    log.push(`+${id}`);
    const close = (): Promise<void> => {
      log.push(`-${id}`);
      return Promise.resolve();
    };
    return Promise.resolve({ reader: id, close });
  };
  const use = (id: string) => cache.use(id, open(id), (reader) => Promise.resolve(reader));
  const advance = (ms: number): void => {
    nowMs += ms;
  };
  return { cache, log, open, use, advance };
}

describe('ReaderCache', () => {
  it('opens once, and closes the least recently used', async () => {
    const { log, use } = setUp(2);
    for (const id of ['a', 'b', 'a', 'c', 'a']) expect(await use(id)).toBe(id);
    expect(log).toEqual(['+a', '+b', '+c', '-b']);
  });

  it('closes what was idle for long', async () => {
    const { cache, log, use, advance } = setUp(5);
    await use('a');
    advance(600);
    await use('b');
    advance(600);
    await cache.closeIdle();
    expect(log).toEqual(['+a', '+b', '-a']);
    await cache.closeAll();
    expect(log.at(-1)).toBe('-b');
  });

  it('never closes one that is in use', async () => {
    const { cache, log, open, use } = setUp(1);
    let finish = (): void => undefined;
    const slow = cache.use(
      'a',
      open('a'),
      () => new Promise<void>((resolve) => (finish = resolve)),
    );
    await use('b');
    await cache.forget('a');
    expect(log).toEqual(['+a', '+b', '-b']);
    finish();
    await slow;
    expect(log).toEqual(['+a', '+b', '-b', '-a']);
  });

  it('tries anew after a failure', async () => {
    const { cache, log, use } = setUp(2);
    const failing = () => Promise.reject(new Error('not now'));
    await expect(cache.use('a', failing, () => Promise.resolve())).rejects.toThrow('not now');
    expect(await use('a')).toBe('a');
    expect(log).toEqual(['+a']);
  });
});
