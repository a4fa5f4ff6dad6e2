import type { Command } from 'commander';
import type { SnapshotDetailView } from '../api/snapshot-detail-view.js';
import type {
  AssignmentView,
  EntriesView,
  EntryView,
  RunView,
  SnapshotView,
} from '../api/views.js';
import { requestText } from '../runs/request-note.js';
import { apiPath } from './client.js';
import { action } from './context.js';
import {
  elapsed,
  humanCount,
  humanSize,
  localTime,
  modeText,
  plain,
  plainReference,
} from './format.js';
import { positiveNumber, wholeNumber } from './numbers.js';
import { addBulk } from './snapshot-bulk.command.js';
import { addCreate } from './snapshot-create.command.js';
import { filterOf, withFilter, type FilterOptions } from './snapshot-filter-options.js';
import { addSnapshotNotes } from './snapshot-notes.command.js';
import { facts, table } from './table.js';
import type { Terminal } from './terminal.js';
import { startedRun } from './wait.js';

interface RemoveOptions {
  evenNewest?: boolean;
  wait?: boolean;
}

export function addSnapshotCommands(program: Command, terminal: Terminal): void {
  const noun = program.command('snapshot').description('accounts as they were');
  addReading(noun, terminal);
  addCreate(noun.command('create'), terminal);
  addBrowse(noun, terminal);
  addSearch(noun, terminal);
  addVerify(noun.command('verify'), terminal);
  addAssign(noun.command('assign'), terminal);
  addSnapshotNotes(noun, terminal);
  addLocks(noun, terminal);
  addBulk(noun.command('bulk'), terminal);

  noun
    .command('remove')
    .description('remove a snapshot from its destination')
    .argument('<id>')
    .option('--even-newest', 'also when it is the newest complete one of its account')
    .option('--wait', 'wait for the end')
    .action(
      action<RemoveOptions>(terminal, async (context, [id = ''], { evenNewest, wait }) => {
        const query = evenNewest === true ? { evenNewest: 'true' } : {};
        const run = await context.client.delete<RunView>(apiPath('snapshots', id), query);
        await startedRun(context, run, wait === true);
      }),
    );
}

function addLocks(noun: Command, terminal: Terminal): void {
  const add = (verb: 'lock' | 'unlock', description: string): void => {
    noun
      .command(verb)
      .description(description)
      .argument('<id>')
      .action(
        action(terminal, async ({ client }, [id = '']) => {
          const path = `${apiPath('snapshots', id)}/${verb}`;
          const snapshot = await client.post<SnapshotView>(path);
          terminal.result(snapshot, () => `The snapshot ${snapshot.id} is ${verb}ed.`);
        }),
      );
  };
  add('lock', 'keep a snapshot until it is unlocked, whatever retention says');
  add('unlock', 'let retention decide about a snapshot again');
}

function addAssign(command: Command, terminal: Terminal): void {
  command
    .description('give the snapshots of an account that is no longer here to one that is')
    .argument('<id>', 'one of them; all of that account go with it')
    .argument('<account>', 'who sees and restores them from now on')
    .action(
      action(terminal, async ({ client }, [id = '', account = '']) => {
        const path = `${apiPath('snapshots', id)}/assign`;
        const done = await client.post<AssignmentView>(path, { account });
        terminal.result(done, ({ snapshots }) => {
          const what =
            snapshots === 1 ? '1 snapshot belongs' : `${humanCount(snapshots)} snapshots belong`;
          return `${what} to ${plain(done.account)} now.`;
        });
      }),
    );
}

/** `snapshot verify ID`, which is `verify ID` too. */
export function addVerify(command: Command, terminal: Terminal): void {
  command
    .description('read everything of a snapshot again and mark what is damaged')
    .argument('<snapshot>', 'its id')
    .option('--wait', 'show the progress and wait for the end')
    .action(
      action<{ wait?: boolean }>(terminal, async (context, [id = ''], { wait }) => {
        const run = await context.client.post<RunView>(`${apiPath('snapshots', id)}/verify`);
        await startedRun(context, run, wait === true);
      }),
    );
}

interface ListOptions extends FilterOptions {
  safety?: boolean;
  limit: number;
}

function addReading(noun: Command, terminal: Terminal): void {
  withFilter(noun.command('list').description('snapshots, newest first'))
    .option('--safety', 'what restores kept, instead of the others')
    .option('--limit <count>', 'how many', positiveNumber, 100)
    .action(
      action<ListOptions>(terminal, async ({ client }, _, options) => {
        const safety = options.safety === true ? 'true' : undefined;
        const query = { ...filterOf(options), limit: options.limit, safety };
        terminal.result(await client.get<SnapshotView[]>('/snapshots', query), snapshotTable);
      }),
    );

  noun
    .command('show')
    .description('one snapshot and what is missing in it')
    .argument('<id>')
    .action(
      action(terminal, async ({ client }, [id = '']) => {
        const detail = await client.get<SnapshotDetailView>(apiPath('snapshots', id));
        terminal.result(detail, snapshotText);
      }),
    );
}

function addBrowse(noun: Command, terminal: Terminal): void {
  noun
    .command('browse')
    .description('what a folder of a snapshot holds')
    .argument('<id>', 'the snapshot')
    .argument('[path]', 'a folder in it, such as homedir/public_html; or base64:…', '')
    .option('--offset <count>', 'skip so many entries', wholeNumber, 0)
    .option('--limit <count>', 'show at most so many', positiveNumber, 1000)
    .action(
      action<{ offset: number; limit: number }>(
        terminal,
        async ({ client }, [id = '', path = ''], { offset, limit }) => {
          const query = { path, offset, limit };
          const answer = await client.get<EntriesView>(
            `${apiPath('snapshots', id)}/entries`,
            query,
          );
          terminal.result(answer, (value) => entryTable(value.entries, (entry) => entry.name));
          const left = (answer.total ?? 0) - offset - answer.entries.length;
          if (left > 0) terminal.note(`${humanCount(left)} more; see --offset and --limit.`);
        },
      ),
    );
}

function addSearch(noun: Command, terminal: Terminal): void {
  noun
    .command('search')
    .description('entries of a snapshot by a part of their name')
    .argument('<id>', 'the snapshot')
    .argument('<text>', 'a part of the name')
    .option('--limit <count>', 'show at most so many', positiveNumber, 100)
    .action(
      action<{ limit: number }>(terminal, async ({ client }, [id = '', q = ''], { limit }) => {
        const path = `${apiPath('snapshots', id)}/search`;
        const answer = await client.get<EntriesView>(path, { q, limit });
        terminal.result(answer, (value) =>
          entryTable(value.entries, (entry) => plainReference(entry.path)),
        );
      }),
    );
}

function stateText(snapshot: SnapshotView): string {
  const flags = [
    snapshot.isMissing ? 'missing' : '',
    snapshot.isDamaged ? 'damaged' : '',
    snapshot.isLocked ? 'locked' : '',
    snapshot.isSafety ? 'safety' : '',
    snapshot.pendingDeletionAt === null
      ? ''
      : `pending deletion on ${localTime(snapshot.pendingDeletionAt)}`,
  ];
  return [snapshot.state, ...flags.filter((flag) => flag !== '')].join(', ');
}

function snapshotTable(snapshots: readonly SnapshotView[]): string {
  if (snapshots.length === 0) return 'There are no snapshots.';
  return table(snapshots, [
    { title: 'ID', value: (snapshot) => snapshot.id },
    { title: 'ACCOUNT', value: (snapshot) => plain(snapshot.account) },
    { title: 'TAKEN', value: (snapshot) => localTime(snapshot.startedAt) },
    { title: 'STATE', value: stateText },
    { title: 'STRUCTURE', value: (snapshot) => snapshot.structure },
    { title: 'FILES', value: (snapshot) => humanCount(snapshot.files), align: 'right' },
    { title: 'CONTENT', value: (snapshot) => humanSize(snapshot.contentBytes), align: 'right' },
    { title: 'STORED', value: (snapshot) => humanSize(snapshot.storedBytes), align: 'right' },
    { title: 'DESTINATION', value: (snapshot) => plain(snapshot.destination) },
    ...(snapshots.some(({ labels }) => labels.length > 0)
      ? [{ title: 'LABELS', value: ({ labels }: SnapshotView) => labels.map(plain).join(' ') }]
      : []),
  ]);
}

function snapshotText(detail: SnapshotDetailView): string {
  const { snapshot, items, leftOut, requests } = detail;
  const head = facts([
    ['snapshot', snapshot.id],
    ['account', plain(snapshot.account)],
    ['note', snapshot.note === '' ? undefined : plain(snapshot.note)],
    ['labels', snapshot.labels.length === 0 ? undefined : snapshot.labels.map(plain).join(' ')],
    ['state', stateText(snapshot)],
    ['because', snapshot.pendingRule === null ? undefined : plain(snapshot.pendingRule)],
    ['remark', snapshot.remark === null ? undefined : plain(snapshot.remark)],
    ['structure', snapshot.structure],
    ['destination', plain(snapshot.destination)],
    ['made by', madeBy(detail)],
    ['started', localTime(snapshot.startedAt)],
    ['finished', localTime(snapshot.finishedAt)],
    ['took', tookText(snapshot)],
    ['verified', localTime(snapshot.verifiedAt)],
    ['files', `${humanCount(snapshot.files)} of ${humanCount(snapshot.entries)} entries`],
    ['content', humanSize(snapshot.contentBytes)],
    ['stored', humanSize(snapshot.storedBytes)],
    ['requests', requests === null ? undefined : requestText(withoutNull(requests))],
    ['left out', `${humanCount(snapshot.excluded)} by rules`],
    ['problems', humanCount(snapshot.problems)],
  ]);
  const itemTable = table(items, [
    { title: 'ITEM', value: (item) => plain(item.name) },
    { title: 'ENTRIES', value: (item) => humanCount(item.entries), align: 'right' },
    { title: 'SIZE', value: (item) => humanSize(item.bytes), align: 'right' },
  ]);
  const missing = table(leftOut, [
    { title: 'LEFT OUT', value: (one) => plain(one.path) },
    { title: 'WHY', value: (one) => `${one.code}: ${plain(one.message)}` },
  ]);
  return [head, ...(items.length > 0 ? [itemTable] : []), ...(leftOut.length > 0 ? [missing] : [])]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** `root, run 7 (manual), attempt 2`; undefined when nothing of it is known. */
function madeBy({ run, trigger }: SnapshotDetailView): string | undefined {
  if (run === null) return trigger === null ? undefined : plain(trigger);
  const again = run.attempts > 1 ? `, attempt ${run.attempts}` : '';
  const how = trigger === null ? '' : ` (${plain(trigger)})`;
  return `${plain(run.requestedBy)}, run ${run.id}${how}${again}`;
}

function tookText({ startedAt, finishedAt }: SnapshotView): string | undefined {
  return finishedAt === null ? undefined : elapsed(startedAt, finishedAt, new Date(finishedAt));
}

function withoutNull({ usCents, ...counts }: NonNullable<SnapshotDetailView['requests']>) {
  return usCents === null ? counts : { ...counts, usCents };
}

function entryTable(entries: readonly EntryView[], nameOf: (entry: EntryView) => string): string {
  if (entries.length === 0) return 'There is nothing here.';
  return table(entries, [
    { title: 'MODE', value: (entry) => modeText(entry.type, entry.mode) },
    { title: 'UID', value: (entry) => String(entry.uid), align: 'right' },
    { title: 'GID', value: (entry) => String(entry.gid), align: 'right' },
    { title: 'SIZE', value: sizeOf, align: 'right' },
    { title: 'MODIFIED', value: (entry) => localTime(entry.modifiedAt) },
    { title: 'NAME', value: (entry) => plain(nameOf(entry)) + suffixOf(entry) },
  ]);
}

function sizeOf(entry: EntryView): string {
  return entry.type === 'file' ? humanSize(entry.sizeBytes) : '-';
}

function suffixOf(entry: EntryView): string {
  const target = entry.target === null ? '' : ` -> ${plain(entry.target)}`;
  const slash = entry.type === 'directory' ? '/' : '';
  const excluded = entry.excludedBy === null ? '' : `  [left out by ${plain(entry.excludedBy)}]`;
  const problem = entry.problem === null ? '' : `  [${plain(entry.problem)}]`;
  return slash + target + excluded + problem;
}
