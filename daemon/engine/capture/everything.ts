/** What a snapshot of an account consists of, in manifest order. */
import { getAttributes } from '../../platform/extended-attributes.js';
import { statusOf } from '../../platform/file-status.js';
import type { Entry } from '../manifest/entry.js';
import { captureMariadb, MARIADB } from '../databases/capture-mariadb.js';
import { DATABASES } from '../databases/database-names.js';
import type { CaptureContext, CaptureRequest } from '../types.js';
import { describe } from './file-reading.js';
import { madeUpFile, madeUpFolder } from './made-up.js';
import type { Found } from './slab-cutter.js';
import { withoutUndefined } from './snapshot-target.js';
import { CONFIG, HOME } from './item-totals.js';
import type { Walk } from './walk.js';

/** The home's own entry. */
export function homeEntry(homeFd: number): Entry {
  const entry = describe(statusOf(homeFd), HOME);
  const xattrs = getAttributes(homeFd);
  if (xattrs.length > 0) entry.xattrs = xattrs;
  return entry;
}

/** Everything a snapshot holds: the account's description, its databases, its home. */
export function* everything(
  request: CaptureRequest,
  home: Entry,
  { now, walk, context }: { now: Date; walk: Walk; context: CaptureContext },
): Generator<Found> {
  const config = madeUpFolder(CONFIG, now);
  const databases = madeUpFolder(DATABASES, now);
  const server = request.databases?.mariadb;
  yield { kind: 'entry', entry: config };
  if (server !== undefined) yield { kind: 'entry', entry: databases };
  yield { kind: 'entry', entry: home };
  yield { kind: 'enter', entry: config };
  const account = `${JSON.stringify(withoutUndefined(request.account), null, 2)}\n`;
  yield madeUpFile(`${CONFIG}/account.json`, Buffer.from(account), now);
  if (request.databases !== undefined && server !== undefined) {
    const mariadb = madeUpFolder(MARIADB, now);
    yield { kind: 'enter', entry: databases };
    yield { kind: 'entry', entry: mariadb };
    yield { kind: 'enter', entry: mariadb };
    const found = captureMariadb(server, request.databases.ownership, context, now);
    yield { kind: 'stream', found };
  }
  yield* walk.run();
}
