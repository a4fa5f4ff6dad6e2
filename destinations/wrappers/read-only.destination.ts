/**
 * Lets nothing be written: for someone else's destination that is only restored from. What `sweep`
 * would tidy away may be another server's put under way, so it does nothing.
 */
import { AppError } from '../../daemon/platform/errors.js';
import type {
  CallOptions,
  Destination,
  DestinationCapabilities,
  GetOptions,
  KeptTrees,
  ListOptions,
  ObjectInfo,
  RequestCounts,
  TreeStore,
  Usage,
} from '../destination.js';
import { destinationError } from '../destination-error.js';

export class ReadOnlyDestination implements Destination {
  readonly kind: string;
  readonly warnings: Destination['warnings'];
  readonly trees: TreeStore | undefined;
  readonly requests: (() => RequestCounts) | undefined;

  constructor(private readonly inner: Destination) {
    this.kind = inner.kind;
    // A server's shell is tried by writing, and nothing can be made of it here.
    this.warnings = inner.trees?.place === 'far' ? undefined : inner.warnings?.bind(inner);
    this.requests = inner.requests?.bind(inner);
    this.trees = inner.trees === undefined ? undefined : readOnly(inner.trees);
  }

  /** Asked anew each time: a kind may learn what its store can do. */
  get capabilities(): DestinationCapabilities {
    return this.inner.capabilities;
  }

  put(key: string): Promise<{ sizeBytes: number }> {
    return Promise.reject(refused(`Storing ${key}`));
  }

  remove(key: string): Promise<void> {
    return Promise.reject(refused(`Removing ${key}`));
  }

  sweep(): Promise<void> {
    return Promise.resolve();
  }

  get(key: string, options?: GetOptions): AsyncIterable<Uint8Array> {
    return this.inner.get(key, options);
  }

  stat(key: string, options?: CallOptions): Promise<ObjectInfo | undefined> {
    return this.inner.stat(key, options);
  }

  list(prefix: string, options?: ListOptions): AsyncIterable<ObjectInfo> {
    return this.inner.list(prefix, options);
  }

  usage(options?: CallOptions): Promise<Usage> {
    return this.inner.usage(options);
  }

  probe(options?: CallOptions): Promise<void> {
    return this.inner.probe(options);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

function readOnly(trees: TreeStore): TreeStore {
  const kept: KeptTrees = {
    has: (key, options) => trees.has(key, options),
    remove: (key) => Promise.reject(refused(`Removing ${key}`)),
    list: (prefix, options) => trees.list(prefix, options),
    read: (key, path, extents, options) => trees.read(key, path, extents, options),
  };
  const begin = (key: string): Promise<never> => Promise.reject(refused(`Making ${key}`));
  if (trees.place === 'far') {
    return { ...kept, place: 'far', begin, obstacle: () => Promise.resolve('it is read-only') };
  }
  return { ...kept, place: 'here', begin, open: (key, options) => trees.open(key, options) };
}

function refused(what: string): AppError {
  const message = `${what} was refused: the destination is read-only; add it again without that to write there.`;
  return destinationError('destination.denied', message);
}
