/**
 * What has to be there before Holdfast runs or is tested: the dependencies and the build.
 * Plain Node without dependencies, since it runs before there are any. Quiet when nothing is to do;
 * each function throws an `Error` whose message is one sentence for the user.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';
import { BUILD_PACKAGES, canInstallPackages, installPackages } from './system-packages.mjs';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const NODE_MODULES = path.join(root, 'node_modules');
const STAMP = path.join(root, 'dist', '.built-from');
const BUILD_INPUTS = ['daemon', 'destinations', 'panel-ui'];
const BUILD_CONFIGS = [
  'package-lock.json',
  'scripts/bundle.mjs',
  'tsconfig.json',
  'tsconfig.build.json',
];

/** Installs the npm packages when they are missing, older than the lock, or made for another Node. */
export function ensureDependencies() {
  if (!areDependenciesCurrent()) {
    console.error('Installing dependencies (npm ci, a minute or two) …');
    installBuildTools();
    npm(['ci']);
  }
  if (doesDatabaseLoad()) return;
  console.error('Compiling the database driver for this Node …');
  installBuildTools();
  npm(['rebuild', 'better-sqlite3']);
  if (!doesDatabaseLoad()) throw new Error(compileAdvice());
}

/** Compiles dist/ when a source changed since it was last compiled. */
export async function ensureBuilt() {
  const sources = listSources();
  const fingerprint = fingerprintOf(sources);
  if (readIfThere(STAMP) === fingerprint) return;
  console.error('Building …');
  removeStaleOutput(sources);
  const compiler = path.join(NODE_MODULES, 'typescript', 'bin', 'tsc');
  const result = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (result.status !== 0) throw new Error('The build failed; the compiler says why above.');
  const dist = path.join(root, 'dist');
  await bundle(['daemon/worker'], dist, path.join(dist, 'worker'));
  fs.writeFileSync(STAMP, fingerprint);
}

function areDependenciesCurrent() {
  // npm writes this file last, so an interrupted installation counts as none.
  const installed = modifiedMs(path.join(NODE_MODULES, '.package-lock.json'));
  const wanted = modifiedMs(path.join(root, 'package-lock.json'));
  return installed !== undefined && (wanted === undefined || wanted <= installed);
}

function doesDatabaseLoad() {
  const probe = "new (require('better-sqlite3'))(':memory:').close()";
  const result = spawnSync(process.execPath, ['-e', probe], { cwd: root, stdio: 'ignore' });
  return result.status === 0;
}

function installBuildTools() {
  if (canInstallPackages()) installPackages(BUILD_PACKAGES);
}

function npm(args) {
  const [command, ...before] = npmCommand();
  const result = spawnSync(command, [...before, ...args, '--loglevel=error'], {
    cwd: root,
    env: npmEnvironment(),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.error?.code === 'ENOENT') {
    throw new Error('npm is not on the PATH; install Node with npm.');
  }
  if (result.status === 0) return;
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}`;
  console.error(output.split('\n').slice(-40).join('\n'));
  if (/node-gyp|gyp ERR/.test(output)) throw new Error(compileAdvice());
  throw new Error(`"npm ${args.join(' ')}" failed; it says why above.`);
}

/** The npm that runs us, else the one beside this Node, else the one on the PATH. */
function npmCommand() {
  const running = process.env.npm_execpath;
  if (running?.endsWith('.js') && fs.existsSync(running)) return [process.execPath, running];
  const beside = path.join(path.dirname(process.execPath), 'npm');
  return [fs.existsSync(beside) ? beside : 'npm'];
}

function npmEnvironment() {
  const env = { ...process.env };
  // The compiler wrapper and install scripts look for "node" by name.
  env.PATH = `${path.dirname(process.execPath)}:${env.PATH ?? '/usr/bin:/bin'}`;
  if (!isWritableDirectory(env.HOME ?? '')) {
    env.npm_config_cache ??= path.join(os.tmpdir(), `holdfast-npm-${process.getuid?.() ?? 0}`);
  }
  const prefix = path.dirname(path.dirname(process.execPath));
  // Headers that came with this Node spare node-gyp a download.
  if (areHeadersOfThisNode(prefix)) env.npm_config_nodedir ??= prefix;
  return env;
}

function areHeadersOfThisNode(prefix) {
  const header = readIfThere(path.join(prefix, 'include', 'node', 'node_version.h')) ?? '';
  const part = (name) => new RegExp(`#define NODE_${name}_VERSION (\\d+)`).exec(header)?.[1];
  return `v${part('MAJOR')}.${part('MINOR')}.${part('PATCH')}` === process.version;
}

function compileAdvice() {
  const packages = BUILD_PACKAGES.join(' ');
  return `The database driver (better-sqlite3) could not be compiled: install python3, make and a C++ compiler (as root: apt-get install -y ${packages}) and run this again.`;
}

function listSources() {
  const files = BUILD_INPUTS.flatMap((folder) =>
    fs.existsSync(path.join(root, folder))
      ? fs
          .readdirSync(path.join(root, folder), { recursive: true })
          .map((name) => path.join(folder, name))
      : [],
  );
  const isBuilt = (file) => file.endsWith('.ts') && !/\.spec\.ts$|(^|\/)testing\//.test(file);
  return files.filter(isBuilt).sort();
}

function fingerprintOf(sources) {
  const hash = createHash('sha256').update(process.version.split('.')[0]);
  for (const file of [...BUILD_CONFIGS, ...sources]) {
    const stats = fs.statSync(path.join(root, file));
    hash.update(`${file}\0${stats.mtimeMs}\0${stats.size}\n`);
  }
  return hash.digest('hex');
}

/** Output whose source is gone would still be found by whatever looks into folders. */
function removeStaleOutput(sources) {
  const dist = path.join(root, 'dist');
  if (!fs.existsSync(dist)) return;
  const wanted = new Set(sources.map((file) => file.replace(/\.ts$/, '.js')));
  for (const name of fs.readdirSync(dist, { recursive: true })) {
    const source = name.replace(/\.map$/, '');
    if (source.endsWith('.js') && !wanted.has(source)) {
      fs.rmSync(path.join(dist, name), { force: true });
    }
  }
}

function readIfThere(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function modifiedMs(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}

function isWritableDirectory(directory) {
  try {
    fs.accessSync(directory, fs.constants.W_OK);
    return fs.statSync(directory).isDirectory();
  } catch {
    return false;
  }
}
