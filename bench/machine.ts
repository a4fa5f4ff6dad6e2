/** Where the figures come from: machine, versions, and the peers that are or are not installed. */
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';

/** Program to Debian package. */
const PACKAGES: Record<string, string> = {
  pigz: 'pigz',
  restic: 'restic',
  borg: 'borgbackup',
  rsync: 'rsync',
  time: 'time',
};

export function isInstalled(program: string, path: string): boolean {
  return path.split(':').some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Installs missing peers where that is possible without asking: root on Debian. */
export function installPeers(path: string): void {
  const missing = Object.keys(PACKAGES).filter((program) => !isInstalled(program, path));
  if (missing.length === 0 || process.getuid?.() !== 0 || !isInstalled('apt-get', path)) return;
  console.error(`Installing ${missing.join(', ')} …`);
  const env = { PATH: path, DEBIAN_FRONTEND: 'noninteractive' };
  const packages = missing.map((program) => PACKAGES[program] ?? program);
  try {
    execFileSync('apt-get', ['update', '-qq'], { env, stdio: 'pipe' });
    const args = ['install', '-y', '-qq', '--no-install-recommends', ...packages];
    execFileSync('apt-get', args, { env, stdio: 'pipe' });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 2).join(' ') : String(error);
    console.error(`They could not be installed and are skipped: ${reason}`);
  }
}

export function describeMachine(directory: string): string {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 1024 ** 3);
  const fileSystem = firstLine('findmnt', ['-n', '-o', 'FSTYPE', '-T', directory]);
  return `${cpus().length} × ${first?.model ?? 'CPU'}, ${memory} GiB, ${fileSystem}, Linux ${release()}`;
}

export function describeVersions(path: string): string {
  const versions = [`Node ${process.versions.node}`];
  for (const program of ['tar', 'gzip', 'pigz', 'restic', 'borg', 'rsync']) {
    if (!isInstalled(program, path)) continue;
    const text = firstLine(program, program === 'restic' ? ['version'] : ['--version']);
    const version = /\d+(\.\d+)+/.exec(text)?.[0] ?? text;
    versions.push(`${program} ${version}`);
  }
  return versions.join(', ');
}

function firstLine(program: string, args: string[]): string {
  try {
    const output = execFileSync(program, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return output.split('\n', 1).join('');
  } catch {
    return 'unknown';
  }
}
