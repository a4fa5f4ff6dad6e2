/** Where the figures come from: machine, versions, and the peers that are or are not installed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';

/** Where programs are looked for; sshd is not where everyone looks. */
export const PATH = `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/sbin`;

/** Program to Debian package. */
const PACKAGES: Record<string, string> = {
  mariadb: 'mariadb-client',
  'mariadb-dump': 'mariadb-client',
  'mariadb-install-db': 'mariadb-server-core',
  mariadbd: 'mariadb-server-core',
  pigz: 'pigz',
  restic: 'restic',
  borg: 'borgbackup',
  rsync: 'rsync',
  time: 'time',
  rclone: 'rclone',
  s3cmd: 's3cmd',
  sftp: 'openssh-client',
  sshd: 'openssh-server',
  radosgw: 'radosgw',
  'ceph-mon': 'ceph-mon',
  'ceph-osd': 'ceph-osd',
  ceph: 'ceph-common',
};

/** How a program is asked for its version, unless by `--version`. */
const VERSION_ARGS: Record<string, string[]> = { restic: ['version'], ssh: ['-V'] };

export function isInstalled(program: string, path = PATH): boolean {
  return path.split(':').some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Installs the missing ones where that is possible without asking: root on Debian. */
export function installPrograms(programs: readonly string[]): void {
  const missing = programs.filter((program) => !isInstalled(program));
  if (missing.length === 0 || process.getuid?.() !== 0 || !isInstalled('apt-get')) return;
  console.error(`Installing ${missing.join(', ')} …`);
  const env = { PATH, DEBIAN_FRONTEND: 'noninteractive' };
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

export function describeVersions(programs: readonly string[]): string {
  const versions = [`Node ${process.versions.node}`];
  for (const program of programs) {
    if (!isInstalled(program)) continue;
    const text = firstLine(program, VERSION_ARGS[program] ?? ['--version']);
    const version = /\d+(\.\d+)+/.exec(text)?.[0] ?? text;
    versions.push(`${program} ${version}`);
  }
  return versions.join(', ');
}

function firstLine(program: string, args: string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return `${stdout}${stderr}`.split('\n', 1).join('') || 'unknown';
}
