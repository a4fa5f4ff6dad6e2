/** The lists in which HestiaCP keeps an account's things: one record of `KEY='VALUE'` a line. Pure. */
import { shown } from '../panel-names.js';

/** The values of one line by their keys. */
export type HestiaRecord = ReadonlyMap<string, string>;

const PAIR = /([A-Za-z_][A-Za-z0-9_]*)='([^']*)'(?:\s+|$)/y;

/** `key` names each record; a line without it, or of another form, is a problem. */
export function parseRecords(
  text: string,
  key: string,
): { records: HestiaRecord[]; problems: string[] } {
  const records: HestiaRecord[] = [];
  const problems: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue;
    const record = parseRecord(line.trim());
    if (record?.get(key)) records.push(record);
    else problems.push(`the line ${shown(line)} is no record with ${key}`);
  }
  return { records, problems };
}

function parseRecord(line: string): HestiaRecord | undefined {
  const values = new Map<string, string>();
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < line.length) {
    const [, key, value] = PAIR.exec(line) ?? [];
    if (key === undefined || value === undefined) return undefined;
    values.set(key, value);
  }
  return values;
}

/** The items of a list that is kept in one value. */
export function itemsOf(record: HestiaRecord, key: string, separator: ',' | ':'): string[] {
  return (record.get(key) ?? '').split(separator).map((item) => item.trim());
}
