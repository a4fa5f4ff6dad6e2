/** Events as a file to keep: CSV for spreadsheets, JSON lines for programs. Sent as it is read. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import type { Response } from 'express';
import type { RecordedEvent } from '../auth/event.entity.js';
import { displayPath, fromText } from '../engine/manifest/byte-path.js';
import { harmlessJson } from '../platform/harmless-json.js';
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
    await pipeline(rows, toCells, csv, response);
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

/** Terminals and editors show these files, too: what would move text is made visible. */
async function* toCells(
  rows: AsyncIterable<Record<string, unknown>>,
): AsyncGenerator<Record<string, unknown>> {
  for await (const row of rows) {
    const cells = Object.entries(row).map(([name, value]) => [name, cellOf(value)]);
    yield Object.fromEntries(cells) as Record<string, unknown>;
  }
}

function cellOf(value: unknown): unknown {
  if (typeof value === 'string') return displayPath(fromText(value));
  return value !== null && typeof value === 'object' ? harmlessJson(value) : value;
}

async function* toLines(rows: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const row of rows) yield `${harmlessJson(row)}\n`;
}
