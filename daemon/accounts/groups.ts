import { run } from '../platform/processes.js';

const NOT_FOUND = 2;
const LOOKUP_TIMEOUT_MS = 60_000;

/** By name or by gid; undefined when there is no such group. */
export async function findGroup(
  key: string | number,
): Promise<{ name: string; gid: number } | undefined> {
  const { stdout } = await run('getent', ['group', '--', String(key)], {
    timeoutMs: LOOKUP_TIMEOUT_MS,
    expectedExitCodes: [0, NOT_FOUND],
  });
  const found = stdout.toString().split('\n').flatMap(groupOf);
  // A group's name of digits alone would be looked up as a gid, and the other way round.
  return found.find(({ name, gid }) => (typeof key === 'number' ? gid === key : name === key));
}

function groupOf(line: string): { name: string; gid: number }[] {
  const [name, , gid] = line.split(':');
  return name !== undefined && /^\d{1,10}$/.test(gid ?? '') ? [{ name, gid: Number(gid) }] : [];
}
