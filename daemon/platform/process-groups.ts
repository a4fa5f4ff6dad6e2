/**
 * Process groups of our children. Each child leads its own group, so that stopping it stops what it
 * started too; whatever still runs when this process exits is killed then.
 */
const running = new Set<number>();
let isWatchingExit = false;

/** Remembers a child's group until `forgetGroup`. */
export function rememberGroup(pid: number): void {
  running.add(pid);
  if (isWatchingExit) return;
  isWatchingExit = true;
  process.once('exit', () => {
    for (const group of running) signalGroup(group, 'SIGKILL');
  });
}

export function forgetGroup(pid: number): void {
  running.delete(pid);
}

/** Signals every process of the group; one that is gone already is fine. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: nothing is left to signal.
  }
}
