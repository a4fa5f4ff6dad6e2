/**
 * `npm start`: Holdfast in a sandbox below ./.sandbox, with sample accounts, backups and a restore
 * that is checked; then it stays up for looking around. `npm start -- --exit` stops after that.
 *
 * Everything is done with the command line that users have. No root is needed.
 */
import fs from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Instance } from './instance.mjs';
import { ensureBuilt, ensureDependencies, root } from './prepare.mjs';
import { DEMO_FOLDER, ensureSampleAccounts } from './sample-accounts.mjs';
import { differencesOf, digestTree } from './tree-digest.mjs';

const SANDBOX = path.join(root, '.sandbox');
const DESTINATION = 'local-disk';
const JOBS = [
  { name: 'archived', structure: 'archived' },
  { name: 'compressed', structure: 'compressed' },
];
const USAGE = 'Usage: npm start [-- --exit]';
const instance = new Instance(
  path.join(root, 'dist/daemon/cli.js'),
  path.join(SANDBOX, 'instance'),
);

/** Ctrl-C while a command works ends that command; we are told when it has. */
let isInterrupted = false;
const interruption = new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      isInterrupted = true;
      resolve('interrupted');
    });
  }
});

async function main(args) {
  const unknown = args.find((arg) => arg !== '--exit');
  if (unknown !== undefined) throw new Error(`There is no option "${unknown}". ${USAGE}`);
  await prepare();
  const samples = makeSandbox();
  say('Starting the daemon');
  const status = await instance.start();
  if (instance.child === undefined) say('It is running already; it is used, and left running');
  makeSetup();
  backUp(samples.names);
  restoreFolder(samples.homeOf('bakery'));
  printSummary(samples.names);
  if (args.includes('--exit')) {
    await instance.stop();
    return;
  }
  await stayUp(status);
}

async function prepare() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Error(`Node 20.19 or later is needed; this is ${process.versions.node}.`);
  }
  ensureDependencies();
  await ensureBuilt();
}

function makeSandbox() {
  say(`Sandbox: ${SANDBOX}`);
  const owner = fs.statSync(SANDBOX, { throwIfNoEntry: false })?.uid ?? process.getuid();
  if (owner !== process.getuid()) {
    throw new Error(`${SANDBOX} belongs to uid ${owner}; start as that user, or remove it first.`);
  }
  fs.mkdirSync(SANDBOX, { recursive: true, mode: 0o755 });
  fs.mkdirSync(path.join(SANDBOX, 'backups'), { recursive: true, mode: 0o700 });
  const samples = ensureSampleAccounts(path.join(SANDBOX, 'accounts'));
  if (!fs.existsSync(path.join(instance.home, 'config.yaml'))) {
    instance.run('init', '--sandbox', '--accounts', samples.file);
  }
  return samples;
}

/** The destination and the jobs, where they are missing. */
function makeSetup() {
  const destinations = instance.ask('destination', 'list').map(({ name }) => name);
  if (!destinations.includes(DESTINATION)) {
    const place = path.join(SANDBOX, 'backups');
    instance.run('destination', 'add', 'local', DESTINATION, '--path', place);
    say(`Added a destination: ${place}`);
  }
  const jobs = instance.ask('job', 'list').map(({ name }) => name);
  for (const { name, structure } of JOBS.filter((job) => !jobs.includes(job.name))) {
    const where = ['--accounts', 'all', '--destination', DESTINATION];
    instance.run('job', 'add', name, ...where, '--structure', structure);
  }
}

/** Runs the jobs that lack a complete snapshot of some account: all of them the first time. */
function backUp(names) {
  const snapshots = completeSnapshots();
  for (const { name, structure } of JOBS) {
    const isDone = names.every((account) => newest(snapshots, account, structure) !== undefined);
    if (isDone) continue;
    say(`Backing up ${names.length} accounts, ${structure}`);
    instance.run('job', 'run', name, '--wait');
  }
}

/** Deletes a folder, brings it back from the compressed snapshot and compares every byte. */
function restoreFolder(home) {
  const folder = path.join(home, DEMO_FOLDER);
  const before = digestTree(folder);
  const snapshot = newest(completeSnapshots(), 'bakery', 'compressed');
  if (snapshot === undefined) {
    throw new Error('There is no complete snapshot of bakery to restore.');
  }
  say(`Deleting ${DEMO_FOLDER} of bakery and restoring it from ${snapshot.id}`);
  fs.rmSync(folder, { recursive: true });
  instance.run('restore', snapshot.id, `homedir/${DEMO_FOLDER}`, '--wait');
  const differences = differencesOf(before, digestTree(folder));
  if (differences.length > 0) {
    throw new Error(
      `The restored folder differs in ${differences.length} entries: ${differences[0]}`,
    );
  }
  const { files, bytes } = before;
  say(
    `All ${files} files (${megabytes(bytes)}) are back, byte-identical, with modes, owners and times`,
  );
}

function printSummary(names) {
  const snapshots = completeSnapshots();
  const rows = names.flatMap((account) =>
    JOBS.map(({ structure }) => newest(snapshots, account, structure)).map((snapshot) => [
      snapshot.account,
      snapshot.structure,
      snapshot.state,
      snapshot.files.toLocaleString('en'),
      megabytes(snapshot.contentBytes),
      megabytes(snapshot.storedBytes),
      `${((Date.parse(snapshot.finishedAt) - Date.parse(snapshot.startedAt)) / 1000).toFixed(1)} s`,
      snapshot.id,
    ]),
  );
  const headings = [
    'ACCOUNT',
    'STRUCTURE',
    'STATE',
    'FILES',
    'CONTENT',
    'STORED',
    'TOOK',
    'SNAPSHOT',
  ];
  const table = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const isNumber = (column) => column >= 3 && column <= 6;
  console.log();
  for (const row of table) {
    const cells = row.map((cell, column) =>
      isNumber(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]),
    );
    console.log(cells.join('  ').trimEnd());
  }
  console.log();
}

async function stayUp({ panelUrl }) {
  const link = instance.ask('sign-in-link');
  const command = `node dist/daemon/cli.js --home ${path.relative(root, instance.home)}`;
  console.log(`Panel           ${panelUrl ?? 'switched off in the configuration'}`);
  console.log(`Sign in (once)  ${link.url}`);
  console.log(`Command line    ${command} status`);
  if (instance.child === undefined) return;
  console.log('\nCtrl-C stops it.');
  const reason = await Promise.race([interruption, instance.ended()]);
  if (reason === 'interrupted') {
    say('Stopping');
    await instance.stop();
    return;
  }
  throw new Error(`The daemon ended by itself:\n${instance.lastOfLog()}`);
}

function completeSnapshots() {
  const states = ['complete', 'incomplete'];
  return instance
    .ask('snapshot', 'list', '--limit', '1000')
    .filter(({ state, isDamaged }) => states.includes(state) && !isDamaged);
}

/** Snapshots come newest first. */
function newest(snapshots, account, structure) {
  return snapshots.find((one) => one.account === account && one.structure === structure);
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function say(text) {
  console.log(`${process.stdout.isTTY ? '\x1b[2m→\x1b[0m' : '→'} ${text}`);
}

main(process.argv.slice(2)).catch(async (error) => {
  await nextTurn();
  // A command that was cut short leaves its bars' terminal modes: no wrapping, no cursor.
  if (process.stderr.isTTY) process.stderr.write('\x1b[?7h\x1b[?25h');
  console.error(isInterrupted ? '\nInterrupted.' : `\n${error.message}`);
  process.exitCode = isInterrupted ? 130 : 1;
  await instance.stop();
});
