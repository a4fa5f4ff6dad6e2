/**
 * `npm run bench -- archive`: Holdfast and its peers on the same account, on the same disk, in the
 * same run, one after the other and round again; medians of the rounds as a table of ratios.
 *
 * Seconds depend on the machine, ratios hardly: only ratios have targets.
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
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
import { asideOf, choose, measureRounds, remove } from './rounds.js';
import { costTable, limitTable, mebibytes, peakOf, ratioTable, type Row } from './report.js';

const USAGE = `npm run bench -- archive [--runs N] [--dir DIR] [--million] [--without NAME]…

  --runs N        rounds, of which the medians count (3)
  --dir DIR       where the account, the archives and the restored trees go: 40 GB,
                  with --million 55 GB (/var/tmp/holdfast-bench)
  --million       also measures memory with 1,000,000 files; takes some minutes more
  --without NAME  leaves out a row and what reads from it; may be repeated: gzip, pigz,
                  restic, borg, rsync, tar-synced, …`;

const PATH = process.env['PATH'] ?? '/usr/bin:/bin';
/** Above it the seconds, and to a lesser degree the ratios, tell little. */
const BUSY_LOAD = 0.5;
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

/** How often one file's download reads from the archive. */
async function countReads(course: Course): Promise<number> {
  const contender = holdfastOneFile(course, true);
  contender.prepare?.();
  const environment = environmentOf(course.scratch, process.env);
  const { stdout } = await measure(contender.argv, course.scratch, environment);
  const { counts } = JSON.parse(stdout) as { counts: { archives: number } };
  return counts.archives;
}

async function measureMillion(options: Options, shared: Omit<Course, 'account'>): Promise<Row[]> {
  console.error('Making 1,000,000 files, unless they are there');
  const course = { ...shared, account: ensureTinyFiles(options.directory, MILLION) };
  const contenders = [
    holdfastBackup(course, 'archived'),
    holdfastBackup(course, 'compressed'),
    holdfastOneFile(course),
    holdfastRestore(course, 'compressed'),
  ].map(({ id, label, ...rest }) => {
    return { ...rest, id: `million-${id}`, label: `${label}, 1,000,000 files` };
  });
  return measureRounds(contenders, 1, course.scratch);
}

function printReport(
  found: { rows: Row[]; million: Row[]; reads: number | undefined; remarks: string[] },
  options: Options,
  course: Course,
): void {
  const { rows, million, reads, remarks } = found;
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
    'Warm cache: nothing is dropped. Dirty pages are written out before each measurement, and no tree is removed before the last one.',
    'Holdfast: the whole process from the start of Node, with SHA-256 of every file, manifest and fsync of everything it publishes. ' +
      'tar, gzip, pigz and rsync do not fsync: when they end, their output may still be in memory only. Restores of Holdfast check every SHA-256.',
    'CPU is user and system time of all processes of a command; peak RSS is that of its largest process, over all runs.',
    ...remarks,
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
  const [loadBefore = 0] = loadavg();
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
  const { chosen, remarks } = choose(contendersOf(course), options.without, PATH);
  if (loadBefore > BUSY_LOAD) {
    remarks.push(`The machine was busy when this began: load ${loadBefore.toFixed(1)}.`);
  }
  const rows = await measureRounds(chosen, options.runs, course.scratch);
  const canRead = chosen.some(({ id }) => id === 'holdfast-compressed');
  const reads = canRead ? await countReads(course) : undefined;
  const million = options.hasMillion ? await measureMillion(options, shared) : [];
  for (const path of [course.scratch, asideOf(course.scratch)]) remove(path);
  printReport({ rows, million, reads, remarks }, options, course);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
