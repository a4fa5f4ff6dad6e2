/** Small disks that tests fill up, take away and make read-only. Only root can mount them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { needsRoot } from './tools.js';

/** How long a disk that is still read may be so. */
const BUSY_MS = 10_000;

/** Also containers have a root, who may not mount. */
export function canMount(): boolean {
  if (!needsRoot()) return false;
  const path = mkdtempSync(join(tmpdir(), 'holdfast-mount-'));
  try {
    new SmallDisk(path).mount(1);
    command('umount', path);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(path);
  }
}

export class SmallDisk {
  constructor(readonly path: string) {}

  mount(megabytes: number): void {
    mkdirSync(this.path, { recursive: true, mode: 0o755 });
    const options = `size=${megabytes}m,mode=0755`;
    command('mount', '-t', 'tmpfs', '-o', options, 'holdfast-test', this.path);
  }

  remount(how: 'ro' | 'rw'): void {
    command('mount', '-o', `remount,${how}`, this.path);
  }

  /** Waits for who still reads from it: what a run stored is indexed behind it. */
  async unmount(): Promise<void> {
    const deadline = Date.now() + BUSY_MS;
    for (;;) {
      try {
        command('umount', this.path);
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
      await sleep(50);
    }
  }

  /** For the end of a test, whatever state it is in. */
  release(): void {
    try {
      command('umount', '-l', this.path);
    } catch {
      // It was not mounted.
    }
  }
}

function command(name: string, ...args: string[]): void {
  execFileSync(name, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
