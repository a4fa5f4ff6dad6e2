/**
 * The build of what is run from the sources of tests: benches and photographs. It lies in .bench/,
 * since they start the servers of the tests, and neither belongs into dist/, which is what servers run.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { bundle } from './bundle.mjs';
import { ensureDependencies, root } from './prepare.mjs';

/** Scripts are not compiled, but started from beside what is. */
const SERVERS = 'daemon/testing/servers';

/** What the bench starts in place of a worker, and joins like one. */
const TASKS = ['bench/engine-task', 'bench/destination-task'];

/** Compiles .bench/ and runs one of its programs with the arguments of this process. */
export async function buildAndRun(program) {
  try {
    ensureDependencies();
    await build();
    process.exitCode = run([`.bench/bench/${program}.js`, ...process.argv.slice(2)]) ?? 1;
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

async function build() {
  const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const compiled = run([compiler, '-p', 'tsconfig.bench.json']);
  if (compiled !== 0) throw new Error('The build failed; the compiler says why above.');
  const [from, to] = [path.join(root, SERVERS), path.join(root, '.bench', SERVERS)];
  for (const name of fs.readdirSync(from).filter((each) => each.endsWith('.sh'))) {
    fs.copyFileSync(path.join(from, name), path.join(to, name));
  }
  const compiledBench = path.join(root, '.bench');
  await bundle(TASKS, compiledBench, path.join(compiledBench, 'joined'));
}

function run(args) {
  // What the S3 client says of Node 20 is said of every process that loads it.
  const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...process.env };
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env }).status;
}
