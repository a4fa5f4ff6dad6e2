/** Reads the body of a put. */
import { abortable } from './destination-error.js';

/**
 * Hands the chunks of a stream to `take`, one after the other. A body that hangs does not hold up an
 * abort; one that is not read to its end is told to finish (`return`). A body that throws rejects
 * with that very error. (`for await` could do neither of the first two.)
 */
export async function takeChunks(
  body: AsyncIterable<Uint8Array>,
  take: (chunk: Uint8Array) => Promise<void>,
  signal: AbortSignal | undefined,
  what: string,
): Promise<void> {
  const chunks = body[Symbol.asyncIterator]();
  let isDone = false;
  try {
    for (;;) {
      const next = await abortable(chunks.next(), signal, what).catch((error: unknown) => {
        isDone = signal?.aborted !== true; // A body that threw has ended.
        throw error;
      });
      if (next.done === true) {
        isDone = true;
        return;
      }
      await take(next.value);
    }
  } finally {
    // Not awaited: a generator that hangs in `next` answers `return` only after that.
    if (!isDone) chunks.return?.().catch(() => undefined);
  }
}
