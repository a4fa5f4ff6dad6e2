/**
 * One transfer in a process of its own, through a destination opened as the product opens it. The
 * bench starts it under a stopwatch, so its whole life counts, Node's start included.
 *
 *     node .bench/joined/destination-task.js TASK.json
 */
import { readFileSync } from 'node:fs';
import { openDestination, type DestinationSpec } from '../destinations/registry.js';
import { getAll, putAll, type Transfer } from './transfers.js';

export interface DestinationTask extends Transfer {
  kind: 'put' | 'get';
  spec: DestinationSpec;
}

async function main(taskFile: string): Promise<void> {
  const task = JSON.parse(readFileSync(taskFile, 'utf8')) as DestinationTask;
  const context = { forbiddenBelow: [], requireRootOwner: false };
  const destination = await openDestination(task.spec, context);
  await (task.kind === 'put' ? putAll : getAll)(destination, task);
  await destination.close();
}

const taskFile = process.argv[2];
if (taskFile === undefined) throw new Error('Usage: destination-task.js TASK.json');
void main(taskFile);
