/** What a snapshot of an account consists of, in manifest order. */
import { createHash } from 'node:crypto';
import { getAttributes } from '../../platform/extended-attributes.js';
import { statusOf } from '../../platform/file-status.js';
import type { Entry } from '../manifest/entry.js';
import type { CaptureRequest } from '../types.js';
import { describe } from './file-reading.js';
import type { Found } from './slab-cutter.js';
import { withoutUndefined } from './snapshot-target.js';
import { CONFIG, HOME } from './tally.js';
import type { Walk } from './walk.js';

/** The home's own entry. */
export function homeEntry(homeFd: number): Entry {
  const entry = describe(statusOf(homeFd), HOME);
  const xattrs = getAttributes(homeFd);
  if (xattrs.length > 0) entry.xattrs = xattrs;
  return entry;
}

/** Everything a snapshot holds: the account's description, then its home. */
export function* everything(
  request: CaptureRequest,
  home: Entry,
  now: Date,
  walk: Walk,
): Generator<Found> {
  const ns = BigInt(now.getTime()) * 1_000_000n;
  const plain = { uid: 0, gid: 0, inode: 0n, mtimeNs: ns, ctimeNs: ns };
  const config: Entry = { ...plain, path: CONFIG, type: 'directory', mode: 0o700, sizeBytes: 0 };
  const content = Buffer.from(`${JSON.stringify(withoutUndefined(request.account), null, 2)}\n`);
  yield { kind: 'entry', entry: config };
  yield { kind: 'entry', entry: home };
  yield { kind: 'enter', entry: config };
  yield {
    kind: 'made-up',
    content,
    entry: {
      ...plain,
      path: `${CONFIG}/account.json`,
      type: 'file',
      mode: 0o600,
      sizeBytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    },
  };
  yield* walk.run();
}
