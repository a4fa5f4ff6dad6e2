/** From measured runs to Markdown: medians, ratios, targets met or missed. Plain functions. */
import type { Cost } from './measure.js';

export interface Result extends Cost {
  /** Of what was written, when that is of interest. */
  sizeBytes?: number | undefined;
}

export interface Row {
  id: string;
  label: string;
  runs: Result[];
}

type Quantity = 'wallSeconds' | 'cpuSeconds' | 'sizeBytes';
const QUANTITIES: Record<Quantity, string> = {
  wallSeconds: 'wall',
  cpuSeconds: 'CPU',
  sizeBytes: 'size',
};

export interface Target {
  work: string;
  ours: string;
  theirs: string;
  /** How the peer is called; undefined: by its label. */
  against?: string;
  quantity: Quantity;
  /** Undefined: only told, not judged. */
  atMost?: number | undefined;
}

/** A bound on Holdfast alone. */
export interface Limit {
  work: string;
  found: number | undefined;
  atMost: number;
  show: (value: number) => string;
}

const MIB = 1024 * 1024;
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) return Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** The ratios against the peers; a row of which one side was not measured is left out. */
export function ratioTable(rows: readonly Row[], targets: readonly Target[]): string {
  const lines = targets.flatMap((target) => {
    const [ours, theirs] = [find(rows, target.ours), find(rows, target.theirs)];
    if (ours === undefined || theirs === undefined) return [];
    const ratio = medianOf(ours, target.quantity) / medianOf(theirs, target.quantity);
    const bound = target.atMost === undefined ? '' : `${target.atMost} ×`;
    const against = `${target.against ?? theirs.label}, ${QUANTITIES[target.quantity]}`;
    return [
      line(target.work, against, bound, `${ratio.toFixed(3)} ×`, verdict(ratio, target.atMost)),
    ];
  });
  return table(['work', 'against', 'at most', 'measured', ''], lines, 2);
}

export function limitTable(limits: readonly Limit[]): string {
  const lines = limits.flatMap(({ work, found, atMost, show }) =>
    found === undefined ? [] : [line(work, show(atMost), show(found), verdict(found, atMost))],
  );
  return table(['work', 'at most', 'measured', ''], lines, 1);
}

/** What every command took: medians, and the spread of the wall times. */
export function costTable(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const walls = row.runs.map(({ wallSeconds }) => wallSeconds);
    const sizes = row.runs.flatMap(({ sizeBytes }) => (sizeBytes === undefined ? [] : [sizeBytes]));
    return line(
      row.label,
      seconds(median(walls)),
      `${seconds(Math.min(...walls))}–${seconds(Math.max(...walls))}`,
      seconds(medianOf(row, 'cpuSeconds')),
      mebibytes(Math.max(...row.runs.map(({ peakRssBytes }) => peakRssBytes))),
      sizes.length === 0 ? '' : (median(sizes) / 1e6).toFixed(1),
    );
  });
  return table(['command', 'wall s', 'spread', 'CPU s', 'peak RSS', 'size MB'], lines, 1);
}

/** The most memory that any run of the named rows took. */
export function peakOf(rows: readonly Row[], idPrefix: string): number | undefined {
  const peaks = rows
    .filter(({ id }) => id.startsWith(idPrefix))
    .flatMap(({ runs }) => runs.map(({ peakRssBytes }) => peakRssBytes));
  return peaks.length === 0 ? undefined : Math.max(...peaks);
}

export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`;
}

/** Tables, then what has to be known to read them. */
export function page(tables: readonly string[], notes: readonly string[]): string {
  return ['', ...tables.flatMap((each) => [each, '']), ...notes.map((note) => `- ${note}`)].join(
    '\n',
  );
}

function verdict(found: number, atMost: number | undefined): string {
  if (atMost === undefined) return 'for information';
  return found <= atMost ? 'met' : '**missed**';
}

function find(rows: readonly Row[], id: string): Row | undefined {
  return rows.find((row) => row.id === id && row.runs.length > 0);
}

function medianOf(row: Row, quantity: Quantity): number {
  return median(row.runs.map((run) => run[quantity] ?? Number.NaN));
}

function seconds(value: number): string {
  return value.toFixed(2);
}

function line(...cells: string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** Columns after the first `textColumns` are numbers and lean to the right. */
function table(headings: string[], lines: string[], textColumns: number): string {
  const rule = headings.map((_, column) => (column < textColumns ? '---' : '--:'));
  return [line(...headings), line(...rule), ...lines].join('\n');
}
