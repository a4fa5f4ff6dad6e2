/** Debian packages, installed only when root runs this on Debian and only those that are missing. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';

/** What compiling better-sqlite3 takes. */
export const BUILD_PACKAGES = ['python3', 'make', 'g++'];

/** What the tests run besides Holdfast. Without mini-httpd and php8.2-cgi, wordpress would bring Apache. */
export const TEST_PACKAGES = [
  'acl',
  'attr',
  'bubblewrap',
  'ceph-common',
  'ceph-mon',
  'ceph-osd',
  'chromium',
  'curl',
  'fish',
  'gzip',
  'libarchive-tools',
  'libcap2-bin',
  'mariadb-client',
  'mariadb-server-core',
  'memcached',
  'mini-httpd',
  'mount',
  'openssh-client',
  'openssh-server',
  'openssl',
  'php-cli',
  'php-mysql',
  'php8.2',
  'php8.2-cgi',
  'postgresql',
  'postgresql-client',
  'python3',
  'radosgw',
  'rsync',
  'swift-account',
  'swift-container',
  'swift-object',
  'swift-proxy',
  'systemd',
  'tar',
  'util-linux-extra',
  'wordpress',
  'wordpress-theme-twentytwentythree',
  'zsh',
];

/** Root on Debian or a system derived from it. */
export function canInstallPackages() {
  if (process.getuid?.() !== 0 || !fs.existsSync('/usr/bin/apt-get')) return false;
  return fs.existsSync('/etc/debian_version');
}

/** Installs the missing ones among `packages`; throws one sentence when that fails. */
export function installPackages(packages) {
  const missing = packages.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const names = missing.join(' ');
  console.error(`Installing ${names} …`);
  const install = ['install', '-y', '--no-install-recommends', ...missing];
  // The package lists of a fresh machine are empty or old; a failed update may still do.
  const steps = [['update'], install];
  const results = steps.map((args) => aptGet(args));
  if (results.at(-1).status === 0) return;
  console.error(results.map((result) => `${result.stdout}${result.stderr}`).join(''));
  throw new Error(`apt-get could not install ${names}; it says why above.`);
}

function isInstalled(name) {
  const args = ['-W', '-f', '${Status}', name];
  const result = spawnSync('/usr/bin/dpkg-query', args, { encoding: 'utf8' });
  return result.stdout === 'install ok installed';
}

function aptGet(args) {
  const quiet = ['-qq', '-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Lock::Timeout=120'];
  return spawnSync('/usr/bin/apt-get', [...quiet, ...args], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: {
      ...process.env,
      // dpkg and the packages' scripts insist on sbin.
      PATH: `/usr/local/sbin:/usr/sbin:/sbin:${process.env.PATH ?? '/usr/bin:/bin'}`,
      HOME: process.env.HOME ?? '/root',
      DEBIAN_FRONTEND: 'noninteractive',
    },
  });
}
