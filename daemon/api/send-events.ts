/** Events as a file to keep: CSV for spreadsheets, JSON lines for programs. Sent as it is read. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import type { Response } from 'express';
import type { RecordedEvent } from '../auth/event.entity.js';
import { toEventView } from './shapes.js';

export interface EventExport {
  format: 'csv' | 'jsonl';
  /** The name of an account. */
  account: (id: string) => string;
}

const COLUMNS = ['at', 'actor', 'origin', 'address', 'action', 'subjectKind', 'subjectId', 'account', 'details']; // prettier-ignore

export async function sendEvents(
  response: Response,
  events: AsyncIterable<RecordedEvent[]>,
  { format, account }: EventExport,
): Promise<void> {
  response.attachment(`activity.${format}`);
  response.setHeader('cache-control', 'private, no-store');
  response.type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson');
  const rows = Readable.from(rowsOf(events, account));
  if (format === 'csv') {
    // A cell that begins like a formula would be run by a spreadsheet.
    const csv = stringify({ header: true, columns: COLUMNS, escape_formulas: true });
    await pipeline(rows, csv, response);
  } else {
    await pipeline(rows, toLines, response);
  }
}

async function* rowsOf(
  events: AsyncIterable<RecordedEvent[]>,
  account: EventExport['account'],
): AsyncGenerator<Record<string, unknown>> {
  for await (const batch of events) {
    for (const event of batch) {
      const name = event.accountId === null ? null : account(event.accountId);
      yield { ...toEventView(event), account: name };
    }
  }
}

async function* toLines(rows: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`;
}
