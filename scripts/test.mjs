/**
 * `npm test`: makes sure of packages, dependencies and the build, then runs every test.
 * Arguments go to vitest (`npm test -- daemon/platform`). Ends with vitest's summary and one line,
 * `N passed, N failed`; the exit code is vitest's.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureBuilt, ensureDependencies, root } from './prepare.mjs';
import { canInstallPackages, installPackages, TEST_PACKAGES } from './system-packages.mjs';

async function prepare() {
  if (canInstallPackages()) installPackages(TEST_PACKAGES);
  ensureDependencies();
  await ensureBuilt();
}

function runTests(countsFile) {
  const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=./scripts/test-counts.mjs'];
  const args = [vitest, 'run', ...reporters, ...process.argv.slice(2)];
  return spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: environment(countsFile),
  });
}

function environment(countsFile) {
  const env = { ...process.env, TEST_COUNTS_FILE: countsFile };
  // Servers that tests start lie in folders that not every PATH has, Debian's PostgreSQL in one that none has.
  const servers = ['/usr/local/sbin', '/usr/sbin', '/sbin', ...postgresqlFolders()];
  env.PATH = [env.PATH ?? '/usr/local/bin:/usr/bin:/bin', ...servers].join(':');
  // Where packages can be installed, a missing tool is a mistake and not a reason to skip.
  if (canInstallPackages()) env.REQUIRE_TOOLS = '1';
  return env;
}

function postgresqlFolders() {
  const folder = '/usr/lib/postgresql';
  const versions = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  return versions.map((version) => path.join(folder, version, 'bin'));
}

function report(countsFile, exitCode) {
  if (!fs.existsSync(countsFile)) {
    console.log('The tests did not run to their end.');
    return exitCode === 0 ? 1 : exitCode;
  }
  const { passed, failed, skipped } = JSON.parse(fs.readFileSync(countsFile, 'utf8'));
  console.log(`${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`);
  return exitCode;
}

async function main() {
  try {
    await prepare();
  } catch (error) {
    console.error(error.message);
    return 1;
  }
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'holdfast-test-counts-'));
  try {
    const countsFile = path.join(directory, 'counts.json');
    const result = runTests(countsFile);
    return report(countsFile, result.status ?? 1);
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

process.exitCode = await main();
