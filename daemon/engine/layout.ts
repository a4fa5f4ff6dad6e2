/** Where things lie at a destination (FORMAT.md §1). The only place that builds or reads keys. */
import { AppError } from '../platform/errors.js';
import type { Structure } from './types.js';

/** The newest format that is understood; a snapshot file has the oldest that can tell it. */
export const FORMAT_VERSION = 3;
export const MAX_SNAPSHOT_FILE_BYTES = 64 * 1024 * 1024;

export interface SnapshotPlace {
  /** `<server-id>/<account>.<account-id>/`. */
  prefix: string;
  snapshotId: string;
}

/** Key prefix of an account. What a key cannot hold is written as `_HH`. */
export function accountPrefix(serverId: string, account: { name: string; id: string }): string {
  const safeName = account.name.replace(/[^A-Za-z0-9-]/gu, (char) =>
    [...Buffer.from(char)].map((byte) => `_${byte.toString(16).padStart(2, '0')}`).join(''),
  );
  return `${serverId}/${safeName}.${account.id}/`;
}

export function snapshotKey({ prefix, snapshotId }: SnapshotPlace): string {
  return `${prefix}snapshots/${snapshotId}.json`;
}

export function pageKey(prefix: string, sha256: string): string {
  return `${prefix}pages/${sha256}.jsonl.gz`;
}

export function treeKey(prefix: string, snapshotId: string): string {
  return `${prefix}trees/${snapshotId}`;
}

export function archiveKey(prefix: string, name: string): string {
  return `${prefix}archives/${name}`;
}

export function archiveName(snapshotId: string, number: number, structure: Structure): string {
  return `${snapshotId}-${number}.${structure === 'archived' ? 'tar' : 'tar.gz'}`;
}

/** The snapshot an archive was written for, from its name. */
export function snapshotOfArchive(name: string): string | undefined {
  return /^(.+)-\d+\.tar(\.gz)?$/.exec(name)?.[1];
}

const PART =
  /^[^/]+\/[^/]+\.[^/.]+\/(?:pages\/[0-9a-f]{64}\.jsonl\.gz|archives\/[A-Za-z0-9-]{1,80}\.tar(?:\.gz)?|trees\/[A-Za-z0-9-]{1,64})$/;

/** Whether it is a page, an archive or a tree: what snapshot files refer to. */
export function isPartKey(key: string): boolean {
  return PART.test(key);
}

/** The snapshot that a key belongs to, from its name; undefined of what several may share. */
export function snapshotOfKey(key: string): string | undefined {
  const parts = /^[^/]+\/[^/]+\/(snapshots|archives|trees)\/([^/]+)$/.exec(key);
  const [, folder, name = ''] = parts ?? [];
  if (folder === 'trees') return name;
  if (folder === 'snapshots') return /^(.+)\.json$/.exec(name)?.[1];
  return folder === 'archives' ? snapshotOfArchive(name) : undefined;
}

/** The id of the server in whose folder a key lies. */
export function serverOfKey(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

/** The id of the account in whose folder a key lies; ids hold no dot. */
export function accountOfKey(key: string): string {
  const folder = key.split('/')[1] ?? '';
  return folder.slice(folder.lastIndexOf('.') + 1);
}

export function parseSnapshotKey(key: string): SnapshotPlace {
  const match = /^((?:[^/]+\/)+)snapshots\/([^/]+)\.json$/.exec(key);
  if (match === null) throw new AppError('bug', 'snapshot.key', `Not a snapshot's key: ${key}`);
  return { prefix: match[1] as string, snapshotId: match[2] as string };
}
