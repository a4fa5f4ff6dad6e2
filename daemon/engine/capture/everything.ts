/** What a snapshot of an account consists of, in manifest order. */
import { getAttributes } from '../../platform/extended-attributes.js';
import { statusOf } from '../../platform/file-status.js';
import type { BytePath, Entry } from '../manifest/entry.js';
import { captureMariadb, MARIADB } from '../databases/capture-mariadb.js';
import { captureMariadbUsers, MARIADB_USERS } from '../databases/capture-mariadb-users.js';
import { DATABASES, DATABASE_USERS } from '../databases/database-names.js';
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

const NO_SERVER =
  'the account has databases, but no database server was found; see databases.mariadbSocket';

/** Everything a snapshot holds: the account's description, its databases and their users, its home. */
export function* everything(
  request: CaptureRequest,
  home: Entry,
  { now, walk, context }: { now: Date; walk: Walk; context: CaptureContext },
): Generator<Found> {
  const config = madeUpFolder(CONFIG, now);
  const databases = madeUpFolder(DATABASES, now);
  const users = madeUpFolder(DATABASE_USERS, now);
  const asked = request.databases;
  yield { kind: 'entry', entry: config };
  if (asked?.mariadb !== undefined) {
    yield { kind: 'entry', entry: users };
    yield { kind: 'entry', entry: databases };
  }
  yield { kind: 'entry', entry: home };
  yield { kind: 'enter', entry: config };
  const account = `${JSON.stringify(withoutUndefined(request.account), null, 2)}\n`;
  yield madeUpFile(`${CONFIG}/account.json`, Buffer.from(account), now);
  if (asked?.mariadb !== undefined) {
    const { mariadb: server } = asked;
    yield* onServer(users, MARIADB_USERS, now, captureMariadbUsers(server, asked.users, now));
    yield* onServer(databases, MARIADB, now, captureMariadb(server, asked, context, now));
  } else if (asked !== undefined) {
    const message = asked.ownership.problem ?? NO_SERVER;
    yield { kind: 'lost', path: DATABASES, problem: { code: 'unreadable', message } };
  }
  yield* walk.run();
}

/** A folder for one kind of server, with what comes from there. */
function* onServer(
  top: Entry,
  path: BytePath,
  now: Date,
  found: AsyncIterable<Found>,
): Generator<Found> {
  const folder = madeUpFolder(path, now);
  yield { kind: 'enter', entry: top };
  yield { kind: 'entry', entry: folder };
  yield { kind: 'enter', entry: folder };
  yield { kind: 'stream', found };
}
