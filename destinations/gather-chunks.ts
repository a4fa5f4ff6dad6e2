/** Fewer and larger chunks of what comes in many small ones. */

/** Each chunk passes a few generators, which for a record of TLS cost more than copying it. */
const CHUNK_BYTES = 256 * 1024;

/**
 * The same bytes; chunks are put together up to 256 KiB, larger ones passed on. Chunks live in memory
 * that is used again: one is the reader's until it asks for the next. `expectedBytes` spares memory
 * when there are few.
 */
export async function* gatherChunks(
  chunks: AsyncIterable<Uint8Array>,
  expectedBytes = CHUNK_BYTES,
): AsyncGenerator<Uint8Array, void, undefined> {
  const gathered = Buffer.allocUnsafeSlow(Math.min(expectedBytes, CHUNK_BYTES));
  let filled = 0;
  for await (const chunk of chunks) {
    if (filled + chunk.length > gathered.length) {
      if (filled > 0) yield gathered.subarray(0, filled);
      filled = 0;
    }
    if (chunk.length > gathered.length) {
      yield chunk;
    } else {
      gathered.set(chunk, filled);
      filled += chunk.length;
    }
  }
  if (filled > 0) yield gathered.subarray(0, filled);
}
