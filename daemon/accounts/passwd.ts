import { AppError } from '../platform/errors.js';
import { run } from '../platform/processes.js';

/** One entry of the user database. */
export interface PasswdEntry {
  name: string;
  uid: number;
  gid: number;
  home: string;
}

/** getent's exit code for a key that is not there. */
const NOT_FOUND = 2;
const LOOKUP_TIMEOUT_MS = 60_000;
const MAX_LIST_BYTES = 64 * 1024 * 1024;

/** `name:x:uid:gid:gecos:home:shell` lines; what is not such a line is left out. */
export function parsePasswd(text: string): PasswdEntry[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(':');
    const [name, , uid, gid, , home] = fields;
    if (fields.length !== 7 || !name || home === undefined) return [];
    if (!isNumber(uid) || !isNumber(gid)) return [];
    return [{ name, uid: Number(uid), gid: Number(gid), home }];
  });
}

function isNumber(text: string | undefined): boolean {
  return /^\d{1,10}$/.test(text ?? '');
}

/** Everyone the name service can enumerate. */
export async function listPasswd(): Promise<PasswdEntry[]> {
  const options = { timeoutMs: LOOKUP_TIMEOUT_MS, maxOutputBytes: MAX_LIST_BYTES };
  const { stdout, isTruncated } = await run('getent', ['passwd'], options);
  if (isTruncated) {
    throw new AppError('source', 'accounts.too-many', 'getent passwd lists more than 64 MiB.');
  }
  return parsePasswd(stdout.toString());
}

/** By name or by uid; undefined when there is no such user. */
export async function findPasswd(key: string | number): Promise<PasswdEntry | undefined> {
  const { stdout } = await run('getent', ['passwd', '--', String(key)], {
    timeoutMs: LOOKUP_TIMEOUT_MS,
    expectedExitCodes: [0, NOT_FOUND],
  });
  // A user's name of digits alone would be looked up as a uid, and the other way round.
  return parsePasswd(stdout.toString()).find((entry) =>
    typeof key === 'number' ? entry.uid === key : entry.name === key,
  );
}
