/**
 * `npm run bench -- archive`: Holdfast and its peers on the same account, on the same disk, in the
 * same run, one after the other and round again; medians of the rounds as a table of ratios.
 *
 * Seconds depend on the machine, ratios hardly: only ratios have targets.
 */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Contender, Course, Keys } from './contender.js';
import { holdfastBackup, holdfastOneFile, holdfastRestore } from './holdfast-contenders.js';
import {
  compressors,
  environmentOf,
  otherBackups,
  otherCompressedRestores,
  otherOneFile,
  tarBackups,
  tarRestore,
} from './peer-contenders.js';
import { ensureAccount, ensureTinyFiles } from './generate-account.js';
import { describeMachine, describeVersions, installPeers, isInstalled } from './machine.js';
import { measure } from './measure.js';
import {
  costTable,
  limitTable,
  mebibytes,
  peakOf,
  ratioTable,
  type Result,
  type Row,
} from './report.js';

const USAGE = `npm run bench -- archive [--runs N] [--dir DIR] [--million] [--without NAME]…

  --runs N        rounds, of which the medians count (3)
  --dir DIR       where the account, the archives and the restored trees go: 15 GB,
                  with --million 25 GB (/var/tmp/holdfast-bench)
  --million       also measures memory with 1,000,000 files; takes some minutes more
  --without NAME  leaves out a row and what reads from it; may be repeated: gzip, pigz,
                  restic, borg, rsync, tar-synced, …`;

const PATH = process.env['PATH'] ?? '/usr/bin:/bin';
const INHERITED = process.env;
const MILLION = 1_000_000;
const MIB = 1024 * 1024;

interface Options {
  runs: number;
  directory: string;
  hasMillion: boolean;
  without: string[];
}

function readOptions(): Options {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '3' },
      dir: { type: 'string', default: '/var/tmp/holdfast-bench' },
      million: { type: 'boolean', default: false },
      without: { type: 'string', multiple: true, default: [] },
    },
  });
  const runs = Number(values.runs);
  const isUsable = positionals.join() === 'archive' && Number.isInteger(runs) && runs > 0;
  if (!isUsable) throw new Error(USAGE);
  const directory = resolve(values.dir);
  return { runs, directory, hasMillion: values.million, without: values.without };
}

/** In this order: what reads an archive comes after what made it. */
function contendersOf(course: Course): Contender[] {
  return [
    holdfastBackup(course, 'archived'),
    ...tarBackups(course),
    holdfastBackup(course, 'compressed'),
    ...compressors(course),
    ...otherBackups(course),
    holdfastOneFile(course),
    ...otherOneFile(course),
    holdfastRestore(course, 'compressed'),
    ...otherCompressedRestores(course),
    holdfastRestore(course, 'archived'),
    tarRestore(course),
  ];
}

function makeKeys(): Keys {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    signingKeyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicKeyPem: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  };
}

async function measureContender(contender: Contender, scratch: string): Promise<Result> {
  contender.prepare?.();
  const { stdout, ...cost } = await measure(
    contender.argv,
    scratch,
    environmentOf(scratch, INHERITED),
  );
  contender.check?.(stdout);
  const sizeBytes = contender.output === undefined ? undefined : sizeOf(contender.output);
  if (contender.discard !== undefined) rmSync(contender.discard, { recursive: true, force: true });
  console.error(
    `  ${contender.label}: ${cost.wallSeconds.toFixed(2)} s, ${mebibytes(cost.peakRssBytes)}`,
  );
  return { ...cost, sizeBytes };
}

/** Bytes of every file at or below a path. */
function sizeOf(path: string): number {
  const output = execFileSync('find', [path, '-type', 'f', '-printf', '%s\n'], {
    encoding: 'utf8',
    maxBuffer: 256 * MIB,
  });
  return output.split('\n').reduce((sum, size) => sum + Number(size), 0);
}

function emptyDirectory(path: string): void {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true, mode: 0o700 });
}

/** Without what is not installed or not wanted, and what would read from it. */
function choose(
  contenders: Contender[],
  without: string[],
): { chosen: Contender[]; skipped: string[] } {
  const skipped: string[] = [];
  const out = new Set<string>();
  const chosen = contenders.filter(({ id, label, tools, readsFrom = [] }) => {
    const missing = tools.filter((tool) => !isInstalled(tool, PATH));
    const isUnreadable = readsFrom.length > 0 && readsFrom.every((source) => out.has(source));
    if (missing.length === 0 && !without.includes(id) && !isUnreadable) return true;
    out.add(id);
    const reason = missing.length > 0 ? `${missing.join(', ')} is not installed` : 'left out';
    skipped.push(`${label} (${reason})`);
    return false;
  });
  return { chosen, skipped };
}

async function measureAll(
  course: Course,
  options: Options,
): Promise<{ rows: Row[]; skipped: string[] }> {
  const { chosen, skipped } = choose(contendersOf(course), options.without);
  const rows: Row[] = chosen.map(({ id, label }) => ({ id, label, runs: [] }));
  for (let round = 1; round <= options.runs; round++) {
    console.error(`Round ${round} of ${options.runs}`);
    emptyDirectory(course.scratch);
    for (const [index, contender] of chosen.entries()) {
      rows[index]?.runs.push(await measureContender(contender, course.scratch));
    }
  }
  return { rows, skipped };
}

/** How often one file's download reads from the archive. */
async function countReads(course: Course): Promise<number> {
  const contender = holdfastOneFile(course, true);
  contender.prepare?.();
  const environment = environmentOf(course.scratch, INHERITED);
  const { stdout } = await measure(contender.argv, course.scratch, environment);
  const { counts } = JSON.parse(stdout) as { counts: { archives: number } };
  return counts.archives;
}

async function measureMillion(options: Options, shared: Omit<Course, 'account'>): Promise<Row[]> {
  console.error('Making 1,000,000 files, unless they are there');
  const course = { ...shared, account: ensureTinyFiles(options.directory, MILLION) };
  const rows: Row[] = [];
  emptyDirectory(course.scratch);
  for (const contender of [
    holdfastBackup(course, 'archived'),
    holdfastBackup(course, 'compressed'),
    holdfastOneFile(course),
    holdfastRestore(course, 'compressed'),
  ]) {
    const runs = [await measureContender(contender, course.scratch)];
    rows.push({
      id: `million-${contender.id}`,
      label: `${contender.label}, 1,000,000 files`,
      runs,
    });
  }
  return rows;
}

function printReport(
  found: { rows: Row[]; million: Row[]; reads: number; skipped: string[] },
  options: Options,
  course: Course,
): void {
  const { rows, million, reads, skipped } = found;
  const { files, bytes, noiseBytes } = course.account;
  const limits = [
    {
      work: 'memory, 30,000 files',
      found: peakOf(rows, 'holdfast-'),
      atMost: 200 * MIB,
      show: mebibytes,
    },
    {
      work: 'memory, 1,000,000 files',
      found: peakOf(million, 'million-'),
      atMost: 300 * MIB,
      show: mebibytes,
    },
    { work: 'one file: reads of the archive', found: reads, atMost: 3, show: String },
  ];
  const notes = [
    `${new Date().toISOString().slice(0, 10)} · ${describeMachine(options.directory)}`,
    describeVersions(PATH),
    `Account: ${files.toLocaleString('en')} files, ${(bytes / 1e9).toFixed(2)} GB, ` +
      `${Math.round((100 * noiseBytes) / bytes)} % of the bytes incompressible. Medians of ${options.runs}, one after the other in turn.`,
    'Warm cache: nothing is dropped. Dirty pages are written out before each measurement.',
    'Holdfast: the whole process from the start of Node, with SHA-256 of every file, manifest and fsync of everything it publishes. ' +
      'tar, gzip, pigz and rsync do not fsync: when they end, their output may still be in memory only. Restores of Holdfast check every SHA-256.',
    'CPU is user and system time of all processes of a command; peak RSS is that of its largest process, over all runs.',
    ...skipped.map((reason) => `Skipped: ${reason}.`),
  ];
  console.log(
    ['', ratioTable(rows), '', limitTable(limits), '', costTable([...rows, ...million]), ''].join(
      '\n',
    ),
  );
  console.log(notes.map((note) => `- ${note}`).join('\n'));
}

async function main(): Promise<void> {
  const options = readOptions();
  installPeers(PATH);
  if (!isInstalled('time', '/usr/bin')) throw new Error('GNU time is needed: apt-get install time');
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  console.error('Making the account, unless it is there');
  const shared = {
    scratch: join(options.directory, 'run'),
    keys: makeKeys(),
    threads: availableParallelism(),
  };
  const course: Course = { ...shared, account: ensureAccount(options.directory) };
  const { rows, skipped } = await measureAll(course, options);
  const reads = await countReads(course);
  const million = options.hasMillion ? await measureMillion(options, shared) : [];
  rmSync(course.scratch, { recursive: true, force: true });
  printReport({ rows, million, reads, skipped }, options, course);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
