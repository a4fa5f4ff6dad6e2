import { getEventListeners } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { abortable } from './destination-error.js';

describe('abortable', () => {
  it('lets any number wait for one signal, and leaves nothing at it', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));
    const { signal } = new AbortController();
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const waiting = Array.from({ length: 30 }, () => abortable(finished, signal, 'Waiting'));
    expect(getEventListeners(signal, 'abort')).toHaveLength(30);
    finish();
    await Promise.all(waiting);
    await new Promise((resolve) => setImmediate(resolve));
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(warnings).toEqual([]);
  });

  it('ends with the signal, though what it waits for does not', async () => {
    const controller = new AbortController();
    const waiting = abortable(new Promise(() => undefined), controller.signal, 'Storing x');
    controller.abort();
    await expect(waiting).rejects.toThrow('Storing x was cancelled.');
  });
});
