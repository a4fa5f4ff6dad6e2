/**
 * The built restore of a PostgreSQL database in a process of its own, to be killed. Takes one JSON
 * argument: { dist, store, snapshotKey, trustedKeysPem, root, target }; a line to stderr when it
 * begins, one to stdout when it is done.
 */
import { pathToFileURL } from 'node:url';

const asked = JSON.parse(process.argv[2]);
const load = (path) => import(new URL(path, `${pathToFileURL(asked.dist).href}/`).href);

const { LocalDestination } = await load('destinations/local/local.destination.js');
const { SnapshotReader } = await load('daemon/engine/manifest/snapshot-reader.js');
const { StoredPostgresql } = await load('daemon/engine/databases/stored-postgresql.js');
const { restorePostgresql } = await load('daemon/engine/databases/restore-postgresql.js');

const destination = new LocalDestination(
  { path: asked.store, diskLimitPercent: 99 },
  { forbiddenBelow: [], requireRootOwner: false },
);
const context = {
  destination,
  signal: new AbortController().signal,
  onProgress: () => undefined,
  log: () => undefined,
  now: () => new Date(),
  threads: 2,
};
const reader = await SnapshotReader.open(destination, asked.snapshotKey, asked.trustedKeysPem);
const stored = await StoredPostgresql.open(reader, asked.root);
console.error('begins');
console.log(JSON.stringify(await restorePostgresql(stored, asked.target, context)));
