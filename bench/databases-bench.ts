/** The bench of databases: 200 of 50 tables each, against `mariadb-dump | gzip` of one after the other. */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import {
  MARIADB_TOOLS,
  startMariadb,
  type MariadbTestServer,
} from '../daemon/testing/servers/mariadb-server.js';
import { makeKeys } from './archive-bench.js';
import { at, type BenchOptions, type Contender, type Course } from './contender.js';
import { holdfastDatabases } from './holdfast-contenders.js';
import { describeMachine, describeVersions } from './machine.js';
import { costTable, limitTable, mebibytes, page, peakOf, ratioTable } from './report.js';
import { asideOf, choose, measureRounds, remove } from './rounds.js';
import { DATABASE_TARGETS } from './targets.js';

export const DATABASE_PROGRAMS = [...MARIADB_TOOLS, 'gzip'];

const DATABASES = 200;
const TABLES = 50;
const ROWS = 100;
/** Of a second run after one row was changed: its table's piece, the description and the manifest. */
const SMALL_BYTES = 256 * 1024;

const nameOf = (index: number): string => `bench_${String(index)}`;

async function fill(mariadb: MariadbTestServer): Promise<void> {
  for (let index = 0; index < DATABASES; index++) {
    const tables = Array.from({ length: TABLES }, (_, table) => {
      const name = `t${String(table)}`;
      return `CREATE TABLE ${name} (id INT PRIMARY KEY, a VARCHAR(100), b TEXT);
        INSERT INTO ${name} SELECT seq, MD5(seq), REPEAT(MD5(seq + ${String(table)}), 3) FROM seq_1_to_${String(ROWS)};`;
    });
    const database = nameOf(index);
    await mariadb.sql(`CREATE DATABASE ${database}; USE ${database}; ${tables.join('\n')}`);
  }
} // prettier-ignore

/** What a host's own script does. */
function dumps(course: Course, { server }: MariadbTestServer): Contender {
  const to = at(course, 'dumps');
  const dump = `mariadb-dump --no-defaults --socket="$1" --user="$2" --single-transaction --quick --routines --triggers --events --hex-blob`;
  const script = `set -e -o pipefail; for i in $(seq 0 ${String(DATABASES - 1)}); do ${dump} bench_$i | gzip > "$3/$i.sql.gz"; done`;
  return {
    id: 'dumps',
    label: 'mariadb-dump | gzip, one after the other',
    tools: ['mariadb-dump', 'gzip'],
    prepare: () => {
      mkdirSync(to, { recursive: true });
    },
    output: to,
    argv: ['bash', '-c', script, 'dumps', server.socketPath, server.user, to],
  };
} // prettier-ignore

export async function benchDatabases(options: BenchOptions, remarks: string[]): Promise<void> {
  const home = join(options.directory, 'home');
  mkdirSync(home, { recursive: true });
  const course: Course = {
    scratch: join(options.directory, 'run'),
    keys: makeKeys(),
    threads: availableParallelism(),
    account: { home, files: 0, bytes: 0, noiseBytes: 0, oneFile: '' },
  };
  console.error(`Making ${String(DATABASES)} databases`);
  const mariadb = await startMariadb();
  try {
    await fill(mariadb);
    const { server } = mariadb;
    let stored: number | undefined;
    let changes = 0;
    const second = holdfastDatabases(course, server, { day: 1, check: (summary) => (stored = summary.storedBytes) }); // prettier-ignore
    const contenders = [
      dumps(course, mariadb),
      holdfastDatabases(course, server, {}),
      holdfastDatabases(course, server, { day: 0 }),
      {
        ...second,
        prepare: async () => {
          changes += 1;
          await mariadb.sql(`UPDATE bench_7.t7 SET a = '${String(changes)}' WHERE id = 50`);
          await second.prepare?.();
        },
      },
    ];
    const { chosen, remarks: leftOut } = choose(contenders, options.without);
    const rows = await measureRounds(chosen.map((each) => [each]), options.runs, course.scratch); // prettier-ignore
    for (const path of [course.scratch, asideOf(course.scratch)]) remove(path);
    const limits = [
      { work: 'memory', found: peakOf(rows, 'holdfast-'), atMost: 200 * 1024 * 1024, show: mebibytes },
      { work: 'stored after one changed row', found: stored, atMost: SMALL_BYTES, show: (bytes: number) => `${String(Math.ceil(bytes / 1024))} KiB` },
    ]; // prettier-ignore
    const notes = [
      `${new Date().toISOString().slice(0, 10)} · ${describeMachine(options.directory)}`,
      describeVersions(['mariadb-dump', 'gzip']),
      `${String(DATABASES)} databases of ${String(TABLES)} tables of ${String(ROWS)} rows on one server. Medians of ${String(options.runs)}.`,
      ...leftOut,
      ...remarks,
    ];
    console.log(page([ratioTable(rows, DATABASE_TARGETS), limitTable(limits), costTable(rows)], notes)); // prettier-ignore
  } finally {
    await mariadb.close();
  }
}
