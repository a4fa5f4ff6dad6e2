import { randomBytes } from 'node:crypto';

/** 12 lowercase hex digits: accounts, destinations, jobs, users. */
export function newId(): string {
  return randomBytes(6).toString('hex');
}

/** `20261121T214512Z-3f9c2a`: sorts by time, and two in the same second still differ. */
export function newSnapshotId(now: Date): string {
  const stamp = now
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '');
  return `${stamp}-${randomBytes(3).toString('hex')}`;
}

export function isId(text: string): boolean {
  return /^[0-9a-f]{12}$/.test(text);
}
