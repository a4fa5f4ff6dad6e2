/** Measures contenders in turn, round after round, each under the same conditions. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Contender } from './contender.js';
import { isInstalled } from './machine.js';
import { measure } from './measure.js';
import { environmentOf } from './peer-contenders.js';
import { mebibytes, type Result, type Row } from './report.js';

/** Every contender once in each round; who begins in a group is another one each time. */
export async function measureRounds(
  groups: readonly (readonly Contender[])[],
  runs: number,
  scratch: string,
): Promise<Row[]> {
  const rows = new Map<Contender, Row>();
  for (const each of groups.flat()) rows.set(each, { id: each.id, label: each.label, runs: [] });
  for (let round = 0; round < runs; round++) {
    console.error(`Round ${round + 1} of ${runs}`);
    emptyDirectory(scratch);
    for (const contender of groups.flatMap((group) => rotated(group, round))) {
      rows.get(contender)?.runs.push(await measureContender(contender, scratch));
    }
  }
  return [...rows.values()];
}

function rotated<T>(group: readonly T[], by: number): T[] {
  const first = by % group.length;
  return [...group.slice(first), ...group.slice(0, first)];
}

/** Once; what it wrote stays, but for what it discards. */
export async function measureContender(contender: Contender, scratch: string): Promise<Result> {
  await contender.prepare?.();
  const { stdout, ...cost } = await measure(
    contender.argv,
    scratch,
    environmentOf(scratch, process.env),
  );
  await contender.check?.(stdout);
  const sizeBytes = contender.output === undefined ? undefined : sizeOf(contender.output);
  if (contender.discard !== undefined) putAside(contender.discard, scratch);
  console.error(
    `  ${contender.label}: ${cost.wallSeconds.toFixed(2)} s, ${mebibytes(cost.peakRssBytes)}`,
  );
  return { ...cost, sizeBytes };
}

/** Bytes of every file at or below a path. */
function sizeOf(path: string): number {
  const output = execFileSync('find', [path, '-type', 'f', '-printf', '%s\n'], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  return output.split('\n').reduce((sum, size) => sum + Number(size), 0);
}

let asideCount = 0;

/**
 * Trees are removed when everything is measured: for minutes after a removal, ext4 (without a
 * journal) looks past every inode that was freed, and whoever makes files next pays for it.
 */
export function putAside(path: string, scratch: string): void {
  asideCount += 1;
  const aside = asideOf(scratch);
  mkdirSync(aside, { recursive: true, mode: 0o700 });
  renameSync(path, join(aside, `${asideCount}`));
}

/** Where what is no longer needed waits for its removal. */
export function asideOf(scratch: string): string {
  return `${scratch}-aside-${process.pid}`;
}

/** Node's own removal takes minutes for a million files. */
export function remove(path: string): void {
  execFileSync('rm', ['-rf', '--', path]);
}

function emptyDirectory(path: string): void {
  remove(path);
  mkdirSync(path, { recursive: true, mode: 0o700 });
}

/** Without what is not installed or not wanted, and what would read from it. */
export function choose(
  contenders: Contender[],
  without: string[],
): { chosen: Contender[]; remarks: string[] } {
  const remarks: string[] = [];
  const out = new Set<string>();
  const chosen = contenders.filter(({ id, label, tools, readsFrom = [] }) => {
    const missing = tools.filter((tool) => !isInstalled(tool));
    const isUnreadable = readsFrom.length > 0 && readsFrom.every((source) => out.has(source));
    if (missing.length === 0 && !without.includes(id) && !isUnreadable) return true;
    out.add(id);
    const reason = missing.length > 0 ? `${missing.join(', ')} is not installed` : 'as asked';
    remarks.push(`Left out: ${label} (${reason}).`);
    return false;
  });
  return { chosen, remarks };
}
