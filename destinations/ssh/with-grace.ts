/** For work that should not be left half done, but must not hold up an abort for long either. */
import { cancelled } from '../../daemon/platform/errors.js';

const GRACE_MS = 1500;

/**
 * Settles like `work`, which sees the signal itself and ends in order; a while after an abort it
 * rejects with `cancelled`, and what the work does then is ignored.
 */
export async function withGrace<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  what: string,
  graceMs = GRACE_MS,
): Promise<T> {
  if (signal === undefined) return work;
  let timer: NodeJS.Timeout | undefined;
  let onAbort = (): void => undefined;
  const late = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      timer = setTimeout(() => {
        reject(cancelled(what));
      }, graceMs);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  work.catch(() => undefined); // Its failure must not go unhandled when the time is up.
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
