/** `snapshot note` and `snapshot label`. */
import { Argument, type Command } from 'commander';
import type { SnapshotDetailView } from '../api/snapshot-detail-view.js';
import type { SnapshotView } from '../api/views.js';
import { AppError } from '../platform/errors.js';
import { apiPath } from './client.js';
import { action } from './context.js';
import { plain, plainLines } from './format.js';
import type { Terminal } from './terminal.js';

export function addSnapshotNotes(noun: Command, terminal: Terminal): void {
  noun
    .command('note')
    .description('say something of a snapshot, for whoever looks at it later')
    .argument('<id>', 'the snapshot')
    .argument('<text>', 'at most 500 characters; "" removes the note')
    .action(
      action(terminal, async ({ client }, [id = '', note = '']) => {
        const changed = await client.patch<SnapshotView>(apiPath('snapshots', id), { note });
        terminal.result(changed, noteLine);
      }),
    );

  noun
    .command('label')
    .description('give a snapshot words to find it by, or take them away')
    .argument('<id>', 'the snapshot')
    .addArgument(new Argument('<change>', 'what to do').choices(['add', 'remove']))
    .argument('<labels...>', 'words of a–z, 0–9 and hyphens; ten at most')
    .action(
      action(terminal, async ({ client }, [id = '', change, ...labels]) => {
        const path = apiPath('snapshots', id);
        const { snapshot } = await client.get<SnapshotDetailView>(path);
        const wanted =
          change === 'add'
            ? [...snapshot.labels, ...labels]
            : withoutLabels(snapshot.labels, labels);
        const changed = await client.patch<SnapshotView>(path, { labels: wanted });
        terminal.result(changed, labelLine);
      }),
    );
}

function withoutLabels(labels: readonly string[], removed: readonly string[]): string[] {
  const unknown = removed.filter((label) => !labels.includes(label));
  if (unknown.length === 0) return labels.filter((label) => !removed.includes(label));
  const message = `The snapshot has no label ${listOf(unknown)}; nothing was changed. It has ${listOf(labels) || 'none'}.`;
  throw new AppError('not-found', 'label.not-found', message);
}

function listOf(labels: readonly string[]): string {
  return labels.map((label) => JSON.stringify(label)).join(', ');
}

function noteLine({ id, note }: SnapshotView): string {
  return note === '' ? `${id} has no note.` : `${id}: ${plainLines(note)}`;
}

function labelLine({ id, labels }: SnapshotView): string {
  return labels.length === 0 ? `${id} has no labels.` : `${id}: ${labels.map(plain).join(', ')}`;
}
