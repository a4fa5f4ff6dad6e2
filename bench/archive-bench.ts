/** The archive bench: one account backed up, one file of it read, all of it restored. */
import { generateKeyPairSync } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { BenchOptions, Contender, Course, Keys } from './contender.js';
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
import { describeMachine, describeVersions } from './machine.js';
import { measure } from './measure.js';
import { asideOf, choose, measureRounds, remove } from './rounds.js';
import { costTable, limitTable, mebibytes, page, peakOf, ratioTable, type Row } from './report.js';
import { ARCHIVE_TARGETS } from './targets.js';

const MILLION = 1_000_000;
const MIB = 1024 * 1024;

/** Beside what every Debian has. */
export const ARCHIVE_PEERS = ['pigz', 'restic', 'borg', 'rsync'];
const VERSIONS = ['tar', 'gzip', ...ARCHIVE_PEERS];

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

/** Always in the same order. */
function inTurn(contenders: Contender[]): Contender[][] {
  return contenders.map((each) => [each]);
}

export function makeKeys(): Keys {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    signingKeyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicKeyPem: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  };
}

/** How often one file's download reads from the archive. */
async function countReads(course: Course): Promise<number> {
  const contender = holdfastOneFile(course, true);
  await contender.prepare?.();
  const environment = environmentOf(course.scratch, process.env);
  const { stdout } = await measure(contender.argv, course.scratch, environment);
  const { counts } = JSON.parse(stdout) as { counts: { archives: number } };
  return counts.archives;
}

async function measureMillion(
  options: BenchOptions,
  shared: Omit<Course, 'account'>,
): Promise<Row[]> {
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
  return measureRounds(inTurn(contenders), 1, course.scratch);
}

function printReport(
  found: { rows: Row[]; million: Row[]; reads: number | undefined; remarks: string[] },
  options: BenchOptions,
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
    describeVersions(VERSIONS),
    `Account: ${files.toLocaleString('en')} files, ${(bytes / 1e9).toFixed(2)} GB, ` +
      `${Math.round((100 * noiseBytes) / bytes)} % of the bytes incompressible. Medians of ${options.runs}, one after the other in turn.`,
    'Warm cache: nothing is dropped. Dirty pages are written out before each measurement, and no tree is removed before the last one.',
    'Holdfast: the whole process from the start of Node, with SHA-256 of every file, manifest and fsync of everything it publishes. ' +
      'tar, gzip, pigz and rsync do not fsync: when they end, their output may still be in memory only. Restores of Holdfast check every SHA-256.',
    'CPU is user and system time of all processes of a command; peak RSS is that of its largest process, over all runs.',
    ...remarks,
  ];
  const tables = [
    ratioTable(rows, ARCHIVE_TARGETS),
    limitTable(limits),
    costTable([...rows, ...million]),
  ];
  console.log(page(tables, notes));
}

export async function benchArchive(options: BenchOptions, remarks: string[]): Promise<void> {
  console.error('Making the account, unless it is there');
  const shared = {
    scratch: join(options.directory, 'run'),
    keys: makeKeys(),
    threads: availableParallelism(),
  };
  const course: Course = { ...shared, account: ensureAccount(options.directory) };
  const { chosen, remarks: leftOut } = choose(contendersOf(course), options.without);
  const rows = await measureRounds(inTurn(chosen), options.runs, course.scratch);
  const canRead = chosen.some(({ id }) => id === 'holdfast-compressed');
  const reads = canRead ? await countReads(course) : undefined;
  const million = options.hasMillion ? await measureMillion(options, shared) : [];
  for (const path of [course.scratch, asideOf(course.scratch)]) remove(path);
  printReport({ rows, million, reads, remarks: [...leftOut, ...remarks] }, options, course);
}
