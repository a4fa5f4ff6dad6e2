/**
 * The built engine in a process of its own: for tests that measure its memory, or run it as someone
 * who is not root. Takes one JSON argument: { dist, work: 'backup' | 'restore' | 'verify', store,
 * request, aheadMs? }, prints one JSON line: { ok | error, maxRssMiB, seconds }; a line to stderr when it begins.
 */
import { pathToFileURL } from 'node:url';

const { dist, work, store, request, aheadMs = 0 } = JSON.parse(process.argv[2]);
const load = (path) => import(new URL(path, `${pathToFileURL(dist).href}/`).href);

const { LocalDestination } = await load('destinations/local/local.destination.js');
const { backupToOne } = await load('daemon/engine/capture/backup-account.js');
const { restoreSnapshot } = await load('daemon/engine/restore/restore-snapshot.js');
const { verifySnapshot } = await load('daemon/engine/manifest/verify-snapshot.js');
const works = { backup: backupToOne, restore: restoreSnapshot, verify: verifySnapshot };

const context = {
  destination: new LocalDestination(
    { path: store, diskLimitPercent: 99 },
    { forbiddenBelow: [], requireRootOwner: false },
  ),
  signal: new AbortController().signal,
  onProgress: () => undefined,
  log: () => undefined,
  now: () => new Date(Date.now() + aheadMs),
  threads: 2,
};
console.error('begins');
const startedAt = performance.now();
const outcome = await works[work](request, context).then(
  (ok) => ({ ok }),
  ({ kind, code, message }) => ({ error: { kind, code, message } }),
);
const maxRssMiB = Math.round(process.resourceUsage().maxRSS / 1024);
const seconds = (performance.now() - startedAt) / 1000;
console.log(JSON.stringify({ ...outcome, maxRssMiB, seconds }));
