import { stripVTControlCharacters } from 'node:util';
import { plain, plainLines } from './format.js';

export interface Column<Row> {
  title: string;
  value: (row: Row) => string;
  align?: 'right';
}

const MOST_CELL = 300;

/**
 * Rows as aligned columns under their titles, two spaces apart, without trailing blanks. Widths
 * count characters as most terminals show them: wide ones (CJK, emoji) take two places.
 */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = [columns.map((column) => column.title)];
  for (const row of rows) cells.push(columns.map((column) => cellText(column.value(row))));
  const widths = columns.map((_, index) =>
    Math.max(...cells.map((line) => displayWidth(line[index] ?? ''))),
  );
  return cells
    .map((line) =>
      line
        .map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.align))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Whatever a name holds, a row stays one line that can be read; `--json` has all of it. */
function cellText(text: string): string {
  const shown = plain(text);
  return shown.length > MOST_CELL ? `${shown.slice(0, MOST_CELL)}…` : shown;
}

/** `name  value` lines, names aligned; those without a value are left out. */
export function facts(pairs: readonly (readonly [string, string | undefined])[]): string {
  const shown = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined);
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown
    .map(([name, value]) => `${name.padEnd(width)}  ${plainLines(value)}`.trimEnd())
    .join('\n');
}

function pad(cell: string, width: number, align: 'right' | undefined): string {
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(cell)));
  return align === 'right' ? blanks + cell : cell + blanks;
}

const MARK = /^\p{Mark}$/u;
const WIDE =
  /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]$|^\p{Emoji_Presentation}$/u;

export function displayWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) {
    if (MARK.test(character)) continue;
    width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}
