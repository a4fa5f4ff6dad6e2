/**
 * Where one Holdfast instance keeps its things. `--home DIR` puts everything under DIR, so several
 * instances (and tests) can live side by side; without it the system's own places are used.
 */
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

export interface InstancePaths {
  home: string;
  config: string;
  state: string;
  /** The SQLite catalogue. */
  database: string;
  /** Private keys; readable by the daemon alone. */
  keys: string;
  /** This server's id, a line of text; it names the server's folder at every destination. */
  serverId: string;
  socket: string;
  lock: string;
  logs: string;
  runLogs: string;
  /** Finished downloads until they expire. */
  downloads: string;
  /** What restores did, until they can no longer be undone. */
  undo: string;
  /** Restores of databases that have not ended: a folder for each run. */
  swaps: string;
  /** What each account's snapshots hold, for searches: an index for each; may be deleted at any time. */
  history: string;
  /** Copies of manifest pages, by destination and account; may be deleted at any time. */
  pageCache: string;
}

const SYSTEM_HOME = '/var/lib/holdfast';

/** The paths of the instance in `home`, or of the system's instance when `home` is not given. */
export function instancePaths(home?: string): InstancePaths {
  const root = resolve(home ?? SYSTEM_HOME);
  const run = home === undefined ? '/run/holdfast' : join(root, 'run');
  const state = join(root, 'state');
  const logs = join(state, 'logs');
  return {
    home: root,
    config: home === undefined ? '/etc/holdfast/config.yaml' : join(root, 'config.yaml'),
    state,
    database: join(state, 'catalogue.sqlite'),
    keys: join(state, 'keys'),
    serverId: join(state, 'server-id'),
    socket: join(run, 'holdfast.sock'),
    lock: join(run, 'holdfast.lock'),
    logs,
    runLogs: join(logs, 'runs'),
    downloads: join(state, 'downloads'),
    undo: join(state, 'undo'),
    swaps: join(state, 'swaps'),
    history: join(state, 'history'),
    pageCache: join(state, 'page-cache'),
  };
}

/**
 * Makes the instance's directories where they are missing and sets their modes: the state is the
 * daemon's alone, the socket's directory is open because the kernel tells who calls.
 */
export async function makeInstanceDirectories(paths: InstancePaths): Promise<void> {
  await mkdir(paths.home, { recursive: true, mode: 0o755 });
  await mkdir(dirname(paths.config), { recursive: true, mode: 0o755 });
  for (const path of [
    paths.state,
    paths.keys,
    paths.logs,
    paths.runLogs,
    paths.downloads,
    paths.undo,
    paths.swaps,
    paths.history,
  ]) {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await chmod(path, 0o700);
  }
  const run = dirname(paths.socket);
  await mkdir(run, { recursive: true, mode: 0o755 });
  await chmod(run, 0o755);
}
