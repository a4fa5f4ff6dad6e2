/** What a snapshot of an account consists of, in manifest order. */
import { getAttributes } from '../../platform/extended-attributes.js';
import { statusOf } from '../../platform/file-status.js';
import type { BytePath, Entry } from '../manifest/entry.js';
import { captureMariadb, MARIADB } from '../databases/capture-mariadb.js';
import { captureMariadbUsers, MARIADB_USERS } from '../databases/capture-mariadb-users.js';
import { DATABASES, DATABASE_USERS } from '../databases/database-names.js';
import type { CaptureContext, CaptureRequest } from '../types.js';
import { PartsCapture } from '../parts/capture-parts.js';
import type { CaptureThreadData } from './capture-messages.js';
import { describe } from './file-reading.js';
import { folderNode, inOrder, type FoundNode } from './found-node.js';
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

export interface EverythingParts {
  now: Date;
  walk: Walk;
  context: CaptureContext;
  source: CaptureThreadData;
}

/** Everything a snapshot holds: the account's description, its databases and their users, its home,
 * and what else belongs to it. */
export function* everything(
  request: CaptureRequest,
  home: Entry,
  { now, walk, context, source }: EverythingParts,
): Generator<Found> {
  const account = `${JSON.stringify(withoutUndefined(request.account), null, 2)}\n`;
  const description = madeUpFile(`${CONFIG}/account.json`, Buffer.from(account), now);
  const surroundings = { home: source, homePath: request.account.home, now };
  const parts = request.parts && new PartsCapture(request.parts, surroundings);
  const config = folderNode(madeUpFolder(CONFIG, now), [
    { own: description },
    ...(parts?.panel() ?? []),
  ]);
  const files: FoundNode = { own: { kind: 'entry', entry: home }, inside: () => walk.run() };
  const databases = databaseNodes(request.databases, context, now);
  yield* inOrder([config, ...databases, files, ...(parts?.nodes() ?? [])]);
  const asked = request.databases;
  if (asked !== undefined && asked.mariadb === undefined) {
    const message = asked.ownership.problem ?? NO_SERVER;
    yield { kind: 'lost', path: DATABASES, problem: { code: 'unreadable', message } };
  }
  for (const { path, problem } of parts?.lost ?? []) yield { kind: 'lost', path, problem };
}

function databaseNodes(
  asked: CaptureRequest['databases'],
  context: CaptureContext,
  now: Date,
): FoundNode[] {
  if (asked?.mariadb === undefined) return [];
  const { mariadb: server, users } = asked;
  const [usersTop, top] = [madeUpFolder(DATABASE_USERS, now), madeUpFolder(DATABASES, now)];
  return [
    {
      own: { kind: 'entry', entry: usersTop },
      inside: () => onServer(usersTop, MARIADB_USERS, now, captureMariadbUsers(server, users, now)),
    },
    {
      own: { kind: 'entry', entry: top },
      inside: () => onServer(top, MARIADB, now, captureMariadb(server, asked, context, now)),
    },
  ];
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
