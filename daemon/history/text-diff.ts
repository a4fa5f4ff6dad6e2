/** What differs between two texts, as rows to show. Pure; bounded in time, rows and their length. */
import { structuredPatch } from 'diff';

export interface DiffRow {
  kind: 'same' | 'removed' | 'added' | 'gap';
  /** Line numbers, from 1; null where the line is not in that text. */
  before: number | null;
  after: number | null;
  text: string;
}

export interface TextDiff {
  rows: DiffRow[];
  added: number;
  removed: number;
  /** Rows are left out. */
  isCut: boolean;
}

const CONTEXT_LINES = 3;
const TIMEOUT_MS = 300;
const MOST_EDITS = 20_000;
const MOST_ROWS = 5_000;
const LONGEST_LINE = 1_000;

/** Undefined: they differ by too much to be compared line by line. */
export function textDiff(before: string, after: string): TextDiff | undefined {
  const options = { context: CONTEXT_LINES, timeout: TIMEOUT_MS, maxEditLength: MOST_EDITS };
  const patch = structuredPatch('', '', before, after, '', '', options);
  if (patch === undefined) return undefined;
  const diff: TextDiff = { rows: [], added: 0, removed: 0, isCut: false };
  for (const hunk of patch.hunks) {
    let [old, now] = [hunk.oldStart, hunk.newStart];
    if (old > 1 || now > 1) diff.rows.push({ kind: 'gap', before: old, after: now, text: '' });
    for (const line of hunk.lines) {
      const text = shortened(line.slice(1));
      if (line.startsWith('\\')) continue;
      if (line.startsWith('-')) {
        diff.rows.push({ kind: 'removed', before: old++, after: null, text });
        diff.removed += 1;
      } else if (line.startsWith('+')) {
        diff.rows.push({ kind: 'added', before: null, after: now++, text });
        diff.added += 1;
      } else {
        diff.rows.push({ kind: 'same', before: old++, after: now++, text });
      }
    }
  }
  diff.isCut = diff.rows.length > MOST_ROWS;
  diff.rows.length = Math.min(diff.rows.length, MOST_ROWS);
  return diff;
}

function shortened(line: string): string {
  if (line.length <= LONGEST_LINE) return line;
  return `${line.slice(0, LONGEST_LINE)}…`;
}
