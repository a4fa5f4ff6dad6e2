import type { Command } from 'commander';
import type { DownloadView } from '../api/download-views.js';
import type { DownloadLink } from '../restores/download-signer.js';
import { apiPath } from './client.js';
import { action } from './context.js';
import { humanSize, localTime, plain, plainReference } from './format.js';
import { positiveNumber } from './numbers.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

export function addDownloadsCommands(program: Command, terminal: Terminal): void {
  const noun = program.command('downloads').description('files prepared by `download`');

  noun
    .command('list')
    .description('those that are ready, being prepared, failed or expired, newest first')
    .action(
      action(terminal, async ({ client }) => {
        terminal.result(await client.get<DownloadView[]>('/downloads'), downloadTable);
      }),
    );

  noun
    .command('link')
    .description('a link that fetches the file without signing in, until it expires')
    .argument('<run>', 'the number of the download’s run')
    .action(
      action(terminal, async ({ client }, [id = '']) => {
        const path = `${apiPath('downloads', positiveNumber(id))}/link`;
        const link = await client.post<DownloadLink>(path);
        terminal.result(link, ({ url }) => url);
      }),
    );

  noun
    .command('remove')
    .description('remove the file now; its links end with it')
    .argument('<run>', 'the number of the download’s run')
    .action(
      action(terminal, async ({ client }, [id = '']) => {
        const run = positiveNumber(id);
        await client.remove(apiPath('downloads', run));
        terminal.result({ removed: run }, () => `Removed the file of run ${run}.`);
      }),
    );
}

function downloadTable(downloads: readonly DownloadView[]): string {
  if (downloads.length === 0) return 'There are no downloads; make one with: holdfast download';
  return table(downloads, [
    { title: 'RUN', value: ({ id }) => String(id) },
    { title: 'ACCOUNT', value: ({ account }) => plain(account) },
    { title: 'WHAT', value: whatText },
    { title: 'SNAPSHOT', value: ({ snapshotId }) => plain(snapshotId) },
    { title: 'STATE', value: ({ state }) => state },
    { title: 'SIZE', value: ({ sizeBytes }) => (sizeBytes === null ? '' : humanSize(sizeBytes)) },
    { title: 'EXPIRES', value: ({ expiresAt }) => localTime(expiresAt) },
  ]);
}

function whatText({ paths, items, format }: DownloadView): string {
  if (format === 'cpmove') return 'cPanel package';
  const [first, ...more] = [...items.map(plain), ...paths.map(plainReference)];
  if (first === undefined) return 'everything';
  return more.length === 0 ? first : `${first} and ${more.length} more`;
}
