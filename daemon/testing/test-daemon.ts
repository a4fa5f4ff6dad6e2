/** A whole daemon in this process on a temporary instance: real doors, real SQLite, real trees. */
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startDaemon, type RunningDaemon } from '../lifecycle.js';
import { instancePaths, type InstancePaths } from '../platform/instance.js';

/** Unix users that need not exist: the socket asks for the number only. */
export const ANNA_UID = 62_001;
export const BOB_UID = 62_002;

export interface TestInstance {
  paths: InstancePaths;
  /** An empty directory that a local destination accepts. */
  store: string;
}

/** Two accounts with a file each, anna a reseller's, and a configuration whose panel listens on a port of its own. */
export async function makeTestInstance(directory: string): Promise<TestInstance> {
  // Others must get as far as the socket.
  await chmod(directory, 0o755);
  const paths = instancePaths(join(directory, 'instance'));
  const store = join(directory, 'store');
  await mkdir(store, { mode: 0o700 });
  const accounts = [
    { ...(await makeAccount(directory, 'anna', ANNA_UID)), owner: 'rita' },
    await makeAccount(directory, 'bob', BOB_UID),
  ];
  const file = join(directory, 'accounts.yaml');
  await writeFile(file, stringify({ accounts }));
  await mkdir(paths.home);
  await writeFile(
    paths.config,
    stringify({
      sandbox: process.geteuid?.() !== 0,
      accounts: { source: 'directory', file },
      panel: { port: 0 },
      log: { level: 'silent' },
    }),
  );
  return { paths, store };
}

export async function startTestDaemon(
  directory: string,
): Promise<TestInstance & { daemon: RunningDaemon }> {
  const instance = await makeTestInstance(directory);
  return { ...instance, daemon: await startDaemon(instance.paths, {}) };
}

async function makeAccount(directory: string, name: string, uid: number): Promise<object> {
  const home = join(directory, 'homes', name);
  await mkdir(join(home, 'public_html'), { recursive: true });
  await writeFile(join(home, 'public_html', 'index.html'), `<h1>${name}</h1>\n`);
  if (process.geteuid?.() === 0) {
    for (const path of ['', 'public_html', 'public_html/index.html']) {
      await chown(join(home, path), uid, uid);
    }
  }
  return { name, home };
}
