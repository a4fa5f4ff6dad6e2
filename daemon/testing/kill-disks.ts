/** Small disks that tests fill up, take away and make read-only. Only root can mount them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needsRoot } from './tools.js';

/** Also containers have a root, who may not mount. */
export function canMount(): boolean {
  if (!needsRoot()) return false;
  const path = mkdtempSync(join(tmpdir(), 'holdfast-mount-'));
  try {
    new SmallDisk(path).mount(1);
    new SmallDisk(path).unmount();
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

  unmount(): void {
    command('umount', this.path);
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
