/**
 * Makes snapshots that Holdfast would not write, signed with the right key: what a fault of our own,
 * or a stolen key, could leave at a destination. Test support.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { comparePaths } from '../engine/manifest/byte-path.js';
import { signSnapshot, type SnapshotBody } from '../engine/manifest/snapshot-file.js';
import type { EngineHarness } from './engine-harness.js';

export type Line = Record<string, unknown>;

export interface Forgery {
  /** The manifest's lines, as JSON or as they stand in a page; those of known paths are sorted. */
  lines?: (lines: Line[]) => (Line | string)[];
  /** The bytes of the only page, instead of gzip'd lines. */
  page?: Buffer;
  body?: (body: SnapshotBody) => void;
  signingKeyPem?: string;
}

function unsigned(file: Buffer): SnapshotBody {
  const { signature: _signature, ...body } = JSON.parse(file.toString('utf8')) as SnapshotBody & {
    signature: unknown;
  };
  return body;
}

/** Puts a changed copy of a snapshot in the snapshot's own place. */
export async function forge(
  harness: EngineHarness,
  snapshotId: string,
  forgery: Forgery,
): Promise<void> {
  const file = join(harness.store, harness.keyOf(snapshotId));
  const body = unsigned(await readFile(file));
  if (forgery.lines !== undefined || forgery.page !== undefined) {
    const lines = await readLines(harness, body);
    const changed = [...(forgery.lines?.(lines) ?? lines)].sort(byPath);
    const text = changed.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
    const page = forgery.page ?? gzipSync(text.map((line) => `${line}\n`).join(''));
    const sha256 = createHash('sha256').update(page).digest('hex');
    await put(harness, `pages/${sha256}.jsonl.gz`, page);
    const first = body.pages[0]?.first ?? '';
    body.pages = [{ sha256, sizeBytes: page.length, entries: changed.length, first }];
  }
  forgery.body?.(body);
  await writeFile(file, signSnapshot(body, forgery.signingKeyPem ?? harness.signingKeyPem));
}

function byPath(a: Line | string, b: Line | string): number {
  const [left, right] = [a, b].map((line) => (typeof line === 'string' ? undefined : line['path']));
  if (typeof left !== 'string' || typeof right !== 'string') return 0;
  return comparePaths(left, right);
}

async function readLines(harness: EngineHarness, body: SnapshotBody): Promise<Line[]> {
  const lines: Line[] = [];
  for (const { sha256 } of body.pages) {
    const page = join(harness.store, harness.prefix, 'pages', `${sha256}.jsonl.gz`);
    const text = gunzipSync(await readFile(page)).toString('utf8');
    lines.push(...text.trimEnd().split('\n').map((line) => JSON.parse(line) as Line)); // prettier-ignore
  }
  return lines;
}

async function put(harness: EngineHarness, name: string, bytes: Buffer): Promise<void> {
  const path = join(harness.store, harness.prefix, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}
