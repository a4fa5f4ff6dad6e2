/** What a snapshot of an account consists of, in manifest order. */
import { getAttributes } from '../../platform/extended-attributes.js';
import { statusOf } from '../../platform/file-status.js';
import type { BytePath, Entry } from '../manifest/entry.js';
import { DATABASES, DATABASE_USERS, MARIADB, MARIADB_USERS, POSTGRESQL, POSTGRESQL_USERS } from '../databases/database-names.js'; // prettier-ignore
import { mayOwn, type DatabasesRequest } from '../databases/databases-of-account.js';
import { captureSites, type SitesLook } from '../sites/capture-sites.js';
import type { CaptureContext, CaptureRequest } from '../types.js';
import { PartsCapture } from '../parts/capture-parts.js';
import type { CaptureThreadData } from './capture-messages.js';
import { describe } from './file-reading.js';
import { inOrder, type FoundNode } from './found-node.js';
import { madeUpFile, madeUpFolder } from './made-up.js';
import type { Found, MadeUpFile } from './slab-cutter.js';
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
const NO_POSTGRESQL =
  'the account has databases, but no PostgreSQL server was found; see databases.postgresqlSocket';

export interface EverythingParts {
  now: Date;
  walk: Walk;
  context: CaptureContext;
  source: CaptureThreadData;
  /** Undefined: nobody looks for sites. */
  sites?: Pick<SitesLook, 'excludes' | 'onSites'> | undefined;
}

/** Everything a snapshot holds: the account's description, its databases and their users, its home,
 * and what else belongs to it. */
export function* everything(
  request: CaptureRequest,
  home: Entry,
  { now, walk, context, source, sites }: EverythingParts,
): Generator<Found> {
  const account = `${JSON.stringify(withoutUndefined(request.account), null, 2)}\n`;
  const description = madeUpFile(`${CONFIG}/account.json`, Buffer.from(account), now);
  const surroundings = { home: source, homePath: request.account.home, now };
  const parts = request.parts && new PartsCapture(request.parts, surroundings);
  const look = sites && { ...sites, ...source, context, now };
  const config = configNode(description, parts?.panel() ?? [], () =>
    look === undefined ? [] : [{ kind: 'stream', found: captureSites(request, look) }],
  );
  const files: FoundNode = { own: { kind: 'entry', entry: home }, inside: () => walk.run() };
  const databases = databaseNodes(request.databases, context, now);
  yield* inOrder([config, ...databases, files, ...(parts?.nodes() ?? [])]);
  if (request.databases !== undefined) yield* withoutServer(request.databases);
  for (const { path, problem } of parts?.lost ?? []) yield { kind: 'lost', path, problem };
}

/** What describes the account: its own file, the panel's folder, its sites, in this order. */
function configNode(
  description: MadeUpFile,
  panel: readonly FoundNode[],
  sites: () => Found[],
): FoundNode {
  const entry = madeUpFolder(CONFIG, new Date(Number(description.entry.mtimeNs / 1_000_000n)));
  return {
    own: { kind: 'entry', entry },
    inside: function* () {
      yield { kind: 'enter', entry };
      yield description;
      for (const { own } of panel) yield own;
      yield* sites();
      for (const { inside } of panel) if (inside !== undefined) yield* inside();
    },
  };
}

function databaseNodes(
  asked: CaptureRequest['databases'],
  context: CaptureContext,
  now: Date,
): FoundNode[] {
  const servers = asked === undefined ? [] : serversOf(asked, now, context);
  if (servers.length === 0) return [];
  const users = madeUpFolder(DATABASE_USERS, now);
  const databases = madeUpFolder(DATABASES, now);
  return [
    {
      own: { kind: 'entry', entry: users },
      inside: () =>
        onServers(
          users,
          now,
          servers.map((server) => server.users),
        ),
    },
    {
      own: { kind: 'entry', entry: databases },
      inside: () =>
        onServers(
          databases,
          now,
          servers.map((server) => server.databases),
        ),
    },
  ];
}

/** Of one server: the folder and what comes from there. */
interface Part {
  path: BytePath;
  found: AsyncIterable<Found>;
}

function serversOf(
  asked: DatabasesRequest,
  now: Date,
  context: CaptureContext,
): { databases: Part; users: Part }[] {
  const { mariadb, users, postgresql } = asked;
  const servers = [];
  if (mariadb !== undefined) {
    const databases = found(async () => {
      const { captureMariadb } = await import('../databases/capture-mariadb.js');
      return captureMariadb(mariadb, asked, context, now);
    });
    const itsUsers = found(async () => {
      const { captureMariadbUsers } = await import('../databases/capture-mariadb-users.js');
      return captureMariadbUsers(mariadb, users, now);
    });
    servers.push({
      databases: { path: MARIADB, found: databases },
      users: { path: MARIADB_USERS, found: itsUsers },
    });
  }
  if (postgresql?.server !== undefined) {
    const { server } = postgresql;
    const databases = found(async () => {
      const { capturePostgresql } = await import('../databases/capture-postgresql.js');
      return capturePostgresql(server, postgresql, context, now);
    });
    const itsUsers = found(async () => {
      const { capturePostgresqlUsers } = await import('../databases/capture-postgresql-users.js');
      return capturePostgresqlUsers(server, postgresql.users, now);
    });
    servers.push({
      databases: { path: POSTGRESQL, found: databases },
      users: { path: POSTGRESQL_USERS, found: itsUsers },
    });
  }
  return servers;
}

/** What reads databases is loaded when it is their turn: many accounts have none. */
async function* found(open: () => Promise<AsyncIterable<Found>>): AsyncGenerator<Found> {
  yield* await open();
}

function* withoutServer({ mariadb, ownership, postgresql }: DatabasesRequest): Generator<Found> {
  if (mariadb === undefined && mayOwn(ownership)) {
    yield lost(DATABASES, ownership.problem ?? NO_SERVER);
  }
  if (postgresql !== undefined && postgresql.server === undefined) {
    yield lost(DATABASES, postgresql.ownership.problem ?? NO_POSTGRESQL);
  }
}

function lost(path: BytePath, message: string): Found {
  return { kind: 'lost', path, problem: { code: 'unreadable', message } };
}

/** A folder for each kind of server, with what comes from there. */
function* onServers(top: Entry, now: Date, parts: readonly Part[]): Generator<Found> {
  yield { kind: 'enter', entry: top };
  const folders = parts.map(({ path }) => madeUpFolder(path, now));
  for (const entry of folders) yield { kind: 'entry', entry };
  for (const [index, entry] of folders.entries()) {
    yield { kind: 'enter', entry };
    yield { kind: 'stream', found: (parts[index] as Part).found };
  }
}
