/** Worker processes that this one has started, found by their command lines. Test support. */
import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 20;

export function workersOf(parent: number, workerModule: string): number[] {
  const children = readOf(`/proc/${String(parent)}/task/${String(parent)}/children`);
  return children
    .trim()
    .split(' ')
    .filter((pid) => pid !== '' && readOf(`/proc/${pid}/cmdline`).includes(workerModule))
    .map(Number);
}

/** Does `work`; answers how many mebibytes the largest worker had in memory at its peak. */
export async function peakMiBOfWorkers(
  workerModule: string,
  work: () => Promise<unknown>,
): Promise<number> {
  let peakKiB = 0;
  const timer = setInterval(() => {
    for (const pid of workersOf(process.pid, workerModule)) {
      const told = /^VmHWM:\s+(\d+) kB$/m.exec(readOf(`/proc/${String(pid)}/status`))?.[1];
      peakKiB = Math.max(peakKiB, Number(told ?? 0));
    }
  }, LOOK_EVERY_MS);
  await work().finally(() => {
    clearInterval(timer);
  });
  return Math.ceil(peakKiB / 1024);
}

/** Empty for a process that has ended. */
function readOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
