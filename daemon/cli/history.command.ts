import type { Command } from 'commander';
import type { AccountView } from '../api/views.js';
import type { ChangesView, DiffView, FoundFilesView, VersionsView } from '../api/history-views.js';
import { AppError } from '../platform/errors.js';
import { apiPath } from './client.js';
import { action, type CommandContext } from './context.js';
import { humanCount, humanSize, localTime, plain, plainReference } from './format.js';
import { positiveNumber } from './numbers.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

interface OfAccount {
  account?: string;
}

/** `find`, `versions`, `diff`, `changes`: files over time. */
export function addHistoryCommands(program: Command, terminal: Terminal): void {
  program
    .command('find')
    .description('find files by name in all snapshots of an account')
    .argument('<name>', 'a part of the name, or a pattern for all of it: "*.php"')
    .option('--account <name>', 'whose snapshots; needed where there are several accounts')
    .option('--limit <count>', 'how many', positiveNumber, 100)
    .action(
      action<OfAccount & { limit: number }>(terminal, async (context, [name = ''], options) => {
        const path = `${apiPath('accounts', await accountOf(context, options))}/history`;
        const query = { q: name, limit: options.limit };
        terminal.result(await context.client.get<FoundFilesView>(path, query), foundTable);
      }),
    );

  program
    .command('versions')
    .description('all versions of a file in the snapshots of an account, newest first')
    .argument('<path>', 'as find shows it: homedir/public_html/index.php')
    .option('--account <name>', 'whose snapshots; needed where there are several accounts')
    .action(
      action<OfAccount>(terminal, async (context, [path = ''], options) => {
        const address = `${apiPath('accounts', await accountOf(context, options))}/versions`;
        const found = await context.client.get<VersionsView>(address, { path });
        terminal.result(found, versionsTable);
      }),
    );

  program
    .command('diff')
    .description('what differs in a text file between two snapshots, or which paths differ')
    .argument('<before>', 'a snapshot')
    .argument('<after>', 'another snapshot of the account')
    .argument('[path]', 'the file; without it all paths that differ are listed')
    .action(
      action(terminal, async ({ client }, [since = '', id = '', path]) => {
        if (path === undefined) {
          const address = `${apiPath('snapshots', id)}/changes`;
          terminal.result(await client.get<ChangesView>(address, { since }), changesText);
          return;
        }
        const address = `${apiPath('snapshots', id)}/diff`;
        terminal.result(await client.get<DiffView>(address, { since, path }), diffText);
      }),
    );
}

/** The one that was named, or the only one there is to see. */
async function accountOf({ client }: CommandContext, { account }: OfAccount): Promise<string> {
  if (account !== undefined) return account;
  const accounts = await client.get<AccountView[]>('/accounts');
  const [only] = accounts;
  if (accounts.length === 1 && only !== undefined) return only.name;
  throw new AppError('input', 'cli.usage', 'Say whose snapshots: --account NAME.');
}

function foundTable({ files, isMore, unread }: FoundFilesView): string {
  const shown = table(files, [
    { title: 'PATH', value: ({ path }) => plainReference(path) },
    { title: 'VERSIONS', value: ({ versions }) => humanCount(versions) },
    { title: 'SIZE', value: ({ newest }) => humanSize(newest.sizeBytes) },
    { title: 'LAST SEEN', value: ({ newest }) => localTime(newest.lastAt) },
    { title: 'NOW', value: ({ newest }) => (newest.isNewest ? 'there' : 'gone') },
  ]);
  const found = files.length === 0 ? 'No snapshot holds a file of that name.' : shown;
  const more = isMore ? ['There are more; give more of the name.'] : [];
  return [found, ...more, ...unreadNote(unread)].join('\n');
}

function versionsTable({ versions, unread }: VersionsView): string {
  const shown = table(versions, [
    { title: 'FROM', value: ({ firstAt }) => localTime(firstAt) },
    { title: 'UNTIL', value: ({ lastAt }) => localTime(lastAt) },
    { title: 'SIZE', value: ({ sizeBytes }) => humanSize(sizeBytes) },
    { title: 'SNAPSHOT', value: ({ lastSnapshot }) => lastSnapshot },
    { title: 'AT', value: ({ destinations }) => destinations.map(plain).join(', ') },
    {
      title: 'THEN',
      value: ({ goneAfter }) => (goneAfter > 0 ? `not in ${humanCount(goneAfter)}` : ''),
    },
  ]);
  return [shown, ...unreadNote(unread)].join('\n');
}

function unreadNote(unread: number): string[] {
  return unread === 0 ? [] : [`${humanCount(unread)} snapshots are still to be read.`];
}

const MARKS = { same: ' ', removed: '-', added: '+', gap: '@' } as const;
const WHY = {
  binary: 'It is no text; only its size can be compared.',
  'too-large': 'It is too large to be compared line by line.',
  'no-file': 'It has no content to compare.',
  'too-different': 'The two differ by too much to be compared line by line.',
} as const;

function diffText({ rows, sizes, isSame, why, isCut }: DiffView): string {
  const [before, after] = sizes.map((size) => (size === null ? '-' : humanSize(size)));
  if (isSame) return 'Both are the same.';
  if (why !== null) return `${WHY[why]} ${before ?? ''} before, ${after ?? ''} after.`;
  const lines = rows.map(({ kind, before: line, text }) =>
    kind === 'gap' ? `@ line ${String(line)}` : `${MARKS[kind]} ${plain(text)}`,
  );
  return [...lines, ...(isCut ? ['… and more'] : [])].join('\n');
}

function changesText({ added, changed, removed, changes, isMore }: ChangesView): string {
  const counts = `${humanCount(added)} added, ${humanCount(changed)} changed, ${humanCount(removed)} removed`;
  const marks = { added: '+', changed: '~', removed: '-' } as const;
  const lines = changes.map(({ what, path }) => `${marks[what]} ${plainReference(path)}`);
  return [...lines, isMore ? `${counts} and more` : counts].join('\n');
}
