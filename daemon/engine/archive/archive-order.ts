/**
 * The order of an archive, from that of its manifest. They differ in one thing: a directory's header
 * stands where its content begins, so that any tar may finish a directory when it leaves it.
 */
import { parentOf } from '../manifest/byte-path.js';
import { isEntered, type BytePath, type Entry } from '../manifest/entry.js';
import { isInTar } from './tar-header.js';

/** The entries that stand in the archive, one after the other. `entries`: in manifest order. */
export async function* inArchiveOrder(entries: AsyncIterable<Entry>): AsyncGenerator<Entry> {
  const waiting: Entry[] = [];
  let below: Entry[] = [];
  let current: BytePath = '';
  for await (const entry of entries) {
    const parent = parentOf(entry.path);
    if (parent !== current) {
      yield* enterUntil(parent, waiting, below);
      below = [];
      current = parent;
    }
    if (isEntered(entry)) below.push(entry);
    else if (isInTar(entry)) yield entry;
  }
  yield* enterUntil(undefined, waiting, below);
}

/** Directories without entries are passed on the way to the one whose entries come next. */
function* enterUntil(
  directory: BytePath | undefined,
  waiting: Entry[],
  below: Entry[],
): Generator<Entry> {
  for (const entry of below.reverse()) waiting.push(entry);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield next;
    if (next.path === directory) return;
  }
}
