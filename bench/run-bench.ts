/**
 * `npm run bench -- archive`, `incremental`, `databases`, `destinations` or `panel`: Holdfast and its peers on the same
 * data, on the same disk or server, in the same run, one after the other and round again; medians of
 * the rounds as tables of ratios.
 *
 * Seconds depend on the machine, ratios hardly: only ratios have targets.
 */
import { mkdirSync } from 'node:fs';
import { loadavg } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ARCHIVE_PEERS, benchArchive } from './archive-bench.js';
import { claimDirectory } from './claim-directory.js';
import type { BenchOptions } from './contender.js';
import { benchDatabases, DATABASE_PROGRAMS } from './databases-bench.js';
import { benchDestinations, DESTINATION_PROGRAMS } from './destinations-bench.js';
import { benchIncremental, INCREMENTAL_PEERS } from './incremental-bench.js';
import { benchPanel } from './panel-bench.js';
import { installPrograms, isInstalled } from './machine.js';

const USAGE = `npm run bench -- archive [--runs N] [--dir DIR] [--million] [--without NAME]…
npm run bench -- incremental [--runs N] [--dir DIR] [--without NAME]…
npm run bench -- databases [--runs N] [--dir DIR] [--without NAME]…
npm run bench -- destinations [--runs N] [--dir DIR] [--without NAME]…
npm run bench -- panel [--runs N] [--dir DIR]

  --runs N        rounds, of which the medians count (destinations: 5, panel: 15, others: 3)
  --dir DIR       where the data, the archives and what is restored go: archive 40 GB, with
                  --million 55 GB, incremental 25 GB, databases 1 GB, destinations 6 GB (/var/tmp/holdfast-bench)
  --million       also measures memory with 1,000,000 files; takes some minutes more
  --without NAME  leaves out a row and what reads from it; may be repeated: gzip, pigz,
                  restic, borg, rsync, tar-synced, s3-put-rclone, …`;

/** Above it the seconds, and to a lesser degree the ratios, tell little. */
const BUSY_LOAD = 0.5;

const BENCHES = {
  archive: { run: benchArchive, programs: ARCHIVE_PEERS, runs: 3 },
  incremental: { run: benchIncremental, programs: INCREMENTAL_PEERS, runs: 3 },
  databases: { run: benchDatabases, programs: DATABASE_PROGRAMS, runs: 3 },
  destinations: { run: benchDestinations, programs: DESTINATION_PROGRAMS, runs: 5 },
  panel: { run: benchPanel, programs: [], runs: 15 },
};

function readOptions(): { bench: (typeof BENCHES)[keyof typeof BENCHES]; options: BenchOptions } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string' },
      dir: { type: 'string', default: '/var/tmp/holdfast-bench' },
      million: { type: 'boolean', default: false },
      without: { type: 'string', multiple: true, default: [] },
    },
  });
  const name = positionals.join();
  if (!Object.hasOwn(BENCHES, name)) throw new Error(USAGE);
  const bench = BENCHES[name as keyof typeof BENCHES];
  const runs = Number(values.runs ?? bench.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error(USAGE);
  const { million: hasMillion, without } = values;
  return { bench, options: { runs, directory: resolve(values.dir), hasMillion, without } };
}

async function main(): Promise<void> {
  const { bench, options } = readOptions();
  const [load = 0] = loadavg();
  installPrograms(['time', ...bench.programs]);
  if (!isInstalled('time', '/usr/bin')) throw new Error('GNU time is needed: apt-get install time');
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  const remarks =
    load > BUSY_LOAD ? [`The machine was busy when this began: load ${load.toFixed(1)}.`] : [];
  const giveBack = claimDirectory(options.directory);
  try {
    await bench.run(options, remarks);
  } finally {
    giveBack();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
