/** Reads the live events of a run from the daemon: server-sent events, parsed line by line. */
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import type { LogLineView, RunView, TaskView } from '../api/views.js';
import { AppError } from '../platform/errors.js';
import { apiPath, type DaemonClient } from './client.js';

export type RunStreamEvent =
  | { event: 'run'; run: RunView }
  | { event: 'task'; task: TaskView }
  | { event: 'log'; line: LogLineView }
  | { event: 'end'; run: RunView };

/**
 * What happens to a run until it has ended: its tasks and log so far, then every change. When the
 * connection breaks before the end it is taken up again where the log stood.
 */
export async function* followRun(
  client: DaemonClient,
  runId: number,
): AsyncGenerator<RunStreamEvent, void> {
  let lastSeq = 0;
  let silentTries = 0;
  while (silentTries < 3) {
    silentTries += 1;
    const response = await client.stream(`${apiPath('runs', runId)}/events`, { after: lastSeq });
    for await (const event of parseEvents(response)) {
      silentTries = 0;
      if (event.event === 'log') lastSeq = event.line.seq;
      yield event;
      if (event.event === 'end') return;
    }
  }
  throw new AppError(
    'conflict',
    'daemon.connection-lost',
    `The daemon stopped telling about run ${runId}; look again with: holdfast run show ${runId}`,
  );
}

async function* parseEvents(response: IncomingMessage): AsyncGenerator<RunStreamEvent, void> {
  let data = '';
  try {
    for await (const line of createInterface({ input: response, crlfDelay: Infinity })) {
      if (line.startsWith('data:')) data += line.slice('data:'.length).trimStart();
      if (line !== '' || data === '') continue;
      yield JSON.parse(data) as RunStreamEvent;
      data = '';
    }
  } catch (error) {
    // A connection that breaks while it is read ends the events; the caller connects again.
    if (!(error instanceof Error) || !('code' in error)) throw error;
  } finally {
    response.destroy();
  }
}
