/**
 * A worker process for tests: speaks the protocol of worker-protocol.ts and, instead of working,
 * does what the account's name says (the part before the first dash). A backup's targets end one
 * after the other, each as the name of its directory says. Everything it is asked is written to
 * trace.jsonl beside the destination's directory, with the time, so that tests see what ran beside
 * what.
 */
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers';

const HOLD_MS = 120;
/** Longer than a busy machine needs to start another worker. */
const SLOW_MS = 1500;
let cancel = () => undefined;

/** Directories of the order's destinations. */
const storesOf = (order) =>
  (order.targets ?? [order]).map(({ destination }) => destination.settings.path);

function note(order, event) {
  const { kind, request } = order.work;
  const line = { at: Date.now(), event, kind, account: request.account?.name, pid: process.pid };
  const stores = storesOf(order);
  mkdirSync(stores[0], { recursive: true });
  const trace = join(dirname(stores[0]), 'trace.jsonl');
  const names = stores.map((store) => basename(store));
  appendFileSync(trace, JSON.stringify({ ...line, stores: names, request }) + '\n');
}

const send = (message, then) => process.send(message, undefined, undefined, then);
const finish = (message) => send(message, () => process.exit(0));

function errorOf(kind, isRetryable) {
  const error = { kind, code: `${kind}.made-up`, message: `Made to fail: ${kind}.`, details: {} };
  return { ...error, isRetryable };
}

function fail(kind, isRetryable) {
  finish({ type: 'failed', error: errorOf(kind, isRetryable) });
}

/** True the first time it is asked for this mark. */
function isFirst(mark) {
  if (existsSync(mark)) return false;
  writeFileSync(mark, '');
  return true;
}

function endOf({ snapshotId, destination }, { work }) {
  const { path } = destination.settings;
  const name = basename(path).split('-')[0];
  if (name === 'full') return { error: errorOf('denied', false) };
  if (name === 'broken') return { error: errorOf('destination', true) };
  if (name === 'flaky' && isFirst(join(path, 'tried'))) {
    return { error: errorOf('destination', true) };
  }
  const { account, structure } = work.request;
  const state = account.name.startsWith('partly') ? 'incomplete' : 'complete';
  return { summary: summaryOf({ snapshotId, structure }, state) };
}

function endTargets(order, count = order.targets.length) {
  for (const [target, one] of order.targets.slice(0, count).entries()) {
    send({ type: 'log', level: 'info', message: `Stored at target ${target}.`, target });
    send({ type: 'target', target, end: endOf(one, order) });
  }
}

function summaryOf({ snapshotId, structure }, state) {
  const at = new Date().toISOString();
  return {
    id: snapshotId,
    state,
    startedAt: at,
    finishedAt: at,
    structure,
    items: [{ name: 'files', entries: 3, bytes: 42 }],
    entries: 3,
    files: 2,
    contentBytes: 42,
    storedBytes: 21,
    excluded: 1,
    problems: state === 'complete' ? 0 : 1,
    leftOut: [],
  };
}

function resultOf({ kind, request }) {
  const counts = { created: 1, replaced: 0, deleted: 0, unchanged: 0, skipped: 0 };
  switch (kind) {
    case 'backup':
      return { targets: 1 };
    case 'restore':
      return {
        state: 'complete',
        counts,
        bytes: 42,
        targetPath: '/x',
        verifiedFiles: 1,
        problems: [],
        problemCount: 0,
      };
    case 'preview':
      return {
        counts,
        bytes: 42,
        freeBytes: 1000,
        targetPath: '/x',
        changes: [],
        isTruncated: false,
        warnings: [],
      };
    case 'download':
      writeFileSync(request.outputPath, 'downloaded');
      return { fileName: 'hello.txt', format: 'file', sizeBytes: 10, files: 1 };
    case 'verify':
      return { state: 'damaged', files: 2, bytes: 42, damage: [], damageCount: 1 };
    case 'prune': {
      const snapshots = request.expiredKeys.length;
      const none = { waitingObjects: 0, waitingBytes: 0, keptObjects: 0, keptBytes: 0 };
      const removed = { snapshots, removedObjects: snapshots, freedBytes: 42 * snapshots };
      return { state: 'complete', ...removed, ...none, damagedFiles: [] };
    }
    default:
      return { removedObjects: 1, freedBytes: 42 };
  }
}

function succeed(order, holdMs = HOLD_MS) {
  send({ type: 'progress', progress: { phase: 'storing', files: 1, bytes: 21 } });
  send({ type: 'log', level: 'info', message: `Working on ${order.work.kind}.` });
  const timer = setTimeout(() => {
    note(order, 'end');
    if (order.targets !== undefined) endTargets(order);
    finish({ type: 'done', result: resultOf(order.work) });
  }, holdMs);
  cancel = () => {
    clearTimeout(timer);
    note(order, 'cancelled');
    fail('cancelled', false);
  };
}

/** Works until told to stop. */
function hang(order) {
  const timer = setInterval(() => undefined, 1000);
  send({ type: 'progress', progress: { phase: 'storing', files: 7, bytes: 70 } });
  send({ type: 'progress', progress: { phase: 'storing', files: 8, bytes: 80 } });
  cancel = () => {
    clearInterval(timer);
    note(order, 'cancelled');
    fail('cancelled', false);
  };
}

/** Takes no notice of anybody. */
function ignoreEveryone() {
  process.on('SIGTERM', () => undefined);
  setInterval(() => undefined, 1000);
  cancel = () => undefined;
}

/** Fails the first time and succeeds the second. */
function failOnce(order) {
  if (isFirst(join(storesOf(order)[0], `${order.work.request.account.name}.tried`))) {
    fail('source', true);
    return;
  }
  succeed(order);
}

function start(order) {
  note(order, 'start');
  const behaviour =
    order.work.kind === 'scrub' ? 'ok' : order.work.request.account?.name.split('-')[0];
  switch (behaviour) {
    case 'slow':
      return succeed(order, SLOW_MS);
    case 'hang':
      return hang(order);
    case 'stubborn':
      return ignoreEveryone();
    case 'flaky':
      return failOnce(order);
    case 'half':
      endTargets(order, 1);
      return setTimeout(() => process.kill(process.pid, 'SIGKILL'), HOLD_MS);
    case 'killed':
      return process.kill(process.pid, 'SIGKILL');
    case 'quits':
      return process.exit(7);
    case 'input':
      return fail('input', false);
    case 'broken':
      return fail('source', true);
    default:
      return succeed(order);
  }
}

process.on('disconnect', () => process.exit(1));
process.on('message', (message) => {
  if (message.type === 'start') start(message.order);
  else if (message.type === 'cancel') cancel();
});
