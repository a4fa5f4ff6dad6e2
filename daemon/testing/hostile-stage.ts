/**
 * A home of a real unprivileged uid, canaries outside of it, and the engine over both: what the
 * hostile tests play on. A canary is a tree that nothing may read into a store or change.
 *
 * Test support: not shipped. Needs root.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { compareSnapshots, snapshotOfTree, type TreeSnapshot } from './compare-trees.js';
import { EngineHarness } from './engine-harness.js';
import type { Identity } from './hostile-attack.js';
import { makeTempDir, tempDir } from './temp-dir.js';

const run = promisify(execFile);
const FIRST_FREE_UID = 61_001;

/** Ids that no user of this machine has. */
function freeIds(count: number): number[] {
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const taken = new Set(users.map((line) => Number(line.split(':')[2])));
  const ids: number[] = [];
  for (let id = FIRST_FREE_UID; ids.length < count; id += 1) if (!taken.has(id)) ids.push(id);
  return ids;
}

const [ALICE = 0, NEIGHBOUR = 0] = freeIds(2);
/** The attacker. */
export const alice: Identity = { uid: ALICE, gid: ALICE };
/** Someone else on the same server: a web server, another tenant. */
export const neighbour: Identity = { uid: NEIGHBOUR, gid: NEIGHBOUR };

export interface Stage {
  directory: string;
  home: string;
  harness: EngineHarness;
}

/** An empty home of alice's, below directories that she may pass through but not change.
 * `isKept`: the caller closes the destination and removes the directory (`beforeAll`). */
export async function makeStage({ isKept = false } = {}): Promise<Stage> {
  const directory = await (isKept ? makeTempDir() : tempDir());
  await chmod(directory, 0o711);
  const home = join(directory, 'home', 'alice');
  await mkdir(home, { recursive: true, mode: 0o711 });
  await chown(home, alice.uid, alice.gid);
  const harness = await EngineHarness.make(directory, { home, ...alice }, { isKept });
  return { directory, home, harness };
}

/** Files below `directory`, contents by path, with the directories they need. */
export async function writeFiles(directory: string, files: Record<string, string>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const full = join(directory, path);
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, content);
  }
}

export async function give(path: string, owner: Identity): Promise<void> {
  await run('chown', ['-R', '-h', '--', `${owner.uid}:${owner.gid}`, path]);
}

export interface Canary {
  path: string;
  /** In its contents and names; must never be found in a store. */
  secret: string;
  expectUntouched: () => Promise<void>;
}

/**
 * A tree outside of the home. `closed`: root's alone, to be read by nobody. `open`: alice may write
 * everywhere in it, so that no permission keeps the engine from harming it.
 */
export async function makeCanary(
  stage: Stage,
  name: string,
  { isOpen, paths }: { isOpen: boolean; paths: string[] },
): Promise<Canary> {
  const path = join(stage.directory, name);
  const secret = `canary-${randomBytes(12).toString('hex')}`;
  await mkdir(path);
  const files = [...paths, `${secret}.txt`].map((file) => [file, `${secret} of ${file}\n`]);
  await writeFiles(path, Object.fromEntries(files) as Record<string, string>);
  await run('setfattr', ['-n', 'user.note', '-v', secret, '--', path]).catch(() => undefined);
  await run('chmod', ['-R', isOpen ? 'a+rwX' : 'go-rwx', '--', path]);
  const before = await snapshotOfTree(path);
  return { path, secret, expectUntouched: () => expectSame(path, before) };
}

/** Nothing of the tree was changed since `before` was taken. */
export async function expectSame(path: string, before: TreeSnapshot): Promise<void> {
  expect(compareSnapshots(before, await snapshotOfTree(path), { ignore: ['group'] })).toEqual([]);
}

/** Every object of a store as it can be read: pages and compressed archives unpacked, too. */
export async function readStore(store: string): Promise<Map<string, Buffer>> {
  const objects = new Map<string, Buffer>();
  const entries = await readdir(store, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    objects.set(path, path.endsWith('.gz') ? gunzipSync(bytes) : bytes);
  }
  return objects;
}

/** Not one byte of the canary was stored, neither as content nor as a name. */
export async function expectNotStored(store: string, canary: Canary): Promise<void> {
  const objects = await readStore(store);
  expect(objects.size).toBeGreaterThan(0);
  const leaks = [...objects].filter(([, bytes]) => bytes.includes(canary.secret));
  expect(leaks.map(([path]) => path)).toEqual([]);
}
