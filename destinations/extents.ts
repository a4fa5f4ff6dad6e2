/** Extents (offset, length) of a file, cut into what is read at once. */
export function* piecesOf(
  extents: readonly [number, number][],
  maxBytes: number,
): Generator<[number, number]> {
  for (const [offset, length] of extents) {
    for (let done = 0; done < length; done += maxBytes) {
      yield [offset + done, Math.min(maxBytes, length - done)];
    }
  }
}
