/**
 * A worker process for tests: speaks the protocol of worker-protocol.ts and, instead of working,
 * does what the account's name says (the part before the first dash). Everything it is asked is
 * written to trace.jsonl in the destination's directory, with the time, so that tests see what ran
 * beside what.
 */
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers';

const HOLD_MS = 120;
let cancel = () => undefined;

function note(order, event) {
  const { kind, request } = order.work;
  const line = { at: Date.now(), event, kind, account: request.account?.name, pid: process.pid };
  mkdirSync(order.destination.settings.path, { recursive: true });
  const trace = join(order.destination.settings.path, 'trace.jsonl');
  appendFileSync(trace, JSON.stringify({ ...line, request }) + '\n');
}

const send = (message, then) => process.send(message, undefined, undefined, then);
const finish = (message) => send(message, () => process.exit(0));

function fail(kind, isRetryable) {
  const error = { kind, code: `${kind}.made-up`, message: `Made to fail: ${kind}.`, details: {} };
  finish({ type: 'failed', error: { ...error, isRetryable } });
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
      return summaryOf(
        request,
        request.account.name.startsWith('partly') ? 'incomplete' : 'complete',
      );
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
    default:
      return { removedObjects: 1, freedBytes: 42 };
  }
}

function succeed(order) {
  send({ type: 'progress', progress: { phase: 'storing', files: 1, bytes: 21 } });
  send({ type: 'log', level: 'info', message: `Working on ${order.work.kind}.` });
  const timer = setTimeout(() => {
    note(order, 'end');
    finish({ type: 'done', result: resultOf(order.work) });
  }, HOLD_MS);
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
  const mark = join(order.destination.settings.path, `${order.work.request.account.name}.tried`);
  if (existsSync(mark)) {
    succeed(order);
    return;
  }
  writeFileSync(mark, '');
  fail('source', true);
}

function start(order) {
  note(order, 'start');
  const behaviour =
    order.work.kind === 'scrub' ? 'ok' : order.work.request.account?.name.split('-')[0];
  switch (behaviour) {
    case 'hang':
      return hang(order);
    case 'stubborn':
      return ignoreEveryone();
    case 'flaky':
      return failOnce(order);
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
  else cancel();
});
