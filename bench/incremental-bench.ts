/**
 * The incremental bench: one account backed up first, again with nothing changed, with one per cent of
 * its files changed, and every day of a month with one per cent changed, by each tool in turn.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { makeKeys } from './archive-bench.js';
import { at, type BenchOptions, type Contender, type Course } from './contender.js';
import { ensureAccount, type GeneratedAccount } from './generate-account.js';
import { holdfastDay } from './holdfast-contenders.js';
import { describeMachine, describeVersions } from './machine.js';
import { quietly } from './peer-contenders.js';
import { costTable, page, ratioTable, type Row } from './report.js';
import { asideOf, choose, measureContender, putAside, remove } from './rounds.js';
import { SeededRandom } from './seeded.js';
import { INCREMENTAL_TARGETS } from './targets.js';

export const INCREMENTAL_PEERS = ['restic', 'borg', 'rsync'];
const DAYS = 30;
/** The last days of the month count. */
const COUNTED_DAYS = 5;
const CHURN = 0.01;

interface Tool {
  id: string;
  label: string;
  tools: string[];
  /** Where it stores. */
  output: (course: Course) => string;
  /** Before the first day. */
  prepare?: (course: Course) => void;
  /** `day` from 0; `before`: the last one that was stored. */
  day: (
    course: Course,
    day: number,
    before: number | undefined,
  ) => Pick<Contender, 'argv' | 'prepare' | 'check'>;
}

const TOOLS: Tool[] = [
  {
    id: 'tree',
    label: 'Holdfast, tree',
    tools: [],
    output: (course) => at(course, 'holdfast-tree'),
    day: (course, day, before) => holdfastDay(course, { isTree: true, day, parentDay: before }),
  },
  {
    id: 'rsync',
    label: 'rsync -aHAX --link-dest',
    tools: ['rsync'],
    output: (course) => at(course, 'rsync'),
    day: (course, day, before) => {
      const place = (number: number): string => at(course, `rsync/${String(number)}`);
      const link = before === undefined ? [] : [`--link-dest=${place(before)}`];
      return {
        argv: ['rsync', '-aHAX', ...link, `${course.account.home}/`, place(day)],
        prepare: () => {
          mkdirSync(at(course, 'rsync'), { recursive: true });
        },
      };
    },
  },
  {
    id: 'archives',
    label: 'Holdfast, incremental archives',
    tools: [],
    output: (course) => at(course, 'holdfast-archives'),
    day: (course, day, before) => holdfastDay(course, { isTree: false, day, parentDay: before }),
  },
  {
    id: 'restic',
    label: 'restic backup',
    tools: ['restic'],
    output: (course) => at(course, 'restic'),
    prepare: (course) => {
      quietly(course.scratch, ['restic', 'init']);
    },
    day: (course) => ({ argv: ['restic', 'backup', '--quiet', course.account.home] }),
  },
  {
    id: 'borg',
    label: 'borg create, lz4',
    tools: ['borg'],
    output: (course) => at(course, 'borg'),
    prepare: (course) => {
      quietly(course.scratch, ['borg', 'init', '--encryption', 'none', at(course, 'borg')]);
    },
    day: (course, day) => ({
      argv: ['borg', 'create', '--compression', 'lz4', `${at(course, 'borg')}::${String(day)}`, course.account.home], // prettier-ignore
    }),
  },
];

/** A copy of the account that may be changed. */
function changingAccount(directory: string): GeneratedAccount {
  const account = ensureAccount(directory);
  const home = join(directory, 'changing');
  if (!existsSync(home)) execFileSync('cp', ['-a', account.home, home]);
  return { ...account, home };
}

/** Changes the beginning of one file in a hundred, any of them, in place. */
function changeFiles(files: readonly string[], random: SeededRandom): void {
  for (let n = 0; n < files.length * CHURN; n++) {
    const path = random.pick(files);
    const content = readFileSync(path);
    content.write(random.next().toFixed(16), 0, 'latin1');
    writeFileSync(path, content);
  }
}

class Month {
  private readonly rows = new Map<string, Row>();
  private readonly random = new SeededRandom('changes');
  private readonly files: string[];

  constructor(
    private readonly course: Course,
    private readonly tools: readonly Tool[],
  ) {
    this.files = filesBelow(course.account.home);
  }

  async round(isLong: boolean): Promise<void> {
    const { scratch } = this.course;
    if (existsSync(scratch)) putAside(scratch, scratch);
    mkdirSync(scratch, { mode: 0o700 });
    for (const tool of this.tools) tool.prepare?.(this.course);
    await this.day(0, 'first');
    await this.day(1, 'nothing changed');
    const last = isLong ? DAYS : 2;
    for (let day = 2; day <= last; day++) {
      changeFiles(this.files, this.random);
      const isCounted = day > DAYS - COUNTED_DAYS;
      await this.day(
        day,
        day === 2 ? '1 % changed' : isCounted ? 'after a month, 1 % changed' : '',
      );
    }
  }

  get measured(): Row[] {
    return [...this.rows.values()];
  }

  /** Bytes on the disk of what each tool stored, in the order of the tools. */
  stored(): { label: string; bytes: number }[] {
    return this.tools.map(({ label, output }) => {
      const [size = ''] = execFileSync('du', ['-s', '-B1', output(this.course)], { encoding: 'utf8' }).split('\t'); // prettier-ignore
      return { label, bytes: Number(size) };
    });
  }

  private async day(day: number, work: string): Promise<void> {
    for (const { id, label, tools, ...tool } of this.tools) {
      const before = day === 0 ? undefined : day - 1;
      const contender = { id, label, tools, ...tool.day(this.course, day, before) };
      const result = await measureContender(contender, this.course.scratch);
      if (work === '') continue;
      const key = `${id}-${work.replaceAll(/[^a-z0-9]+/g, '-')}`;
      const row = this.rows.get(key) ?? { id: key, label: `${label}: ${work}`, runs: [] };
      this.rows.set(key, row);
      row.runs.push(result);
    }
  }
}

function filesBelow(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)); // prettier-ignore
}

export async function benchIncremental(options: BenchOptions, remarks: string[]): Promise<void> {
  console.error('Making the account, unless it is there');
  const course: Course = {
    scratch: join(options.directory, 'run'),
    keys: makeKeys(),
    threads: availableParallelism(),
    account: changingAccount(options.directory),
  };
  const contenders = TOOLS.map(({ id, label, tools }) => ({ id, label, tools, argv: [] }));
  const { chosen, remarks: leftOut } = choose(contenders, options.without);
  const month = new Month(
    course,
    TOOLS.filter(({ id }) => chosen.some((one) => one.id === id)),
  );
  for (let round = 1; round <= options.runs; round++) {
    console.error(`Round ${String(round)} of ${String(options.runs)}`);
    await month.round(round === options.runs);
  }
  const sizes = month.stored().map(({ label, bytes }) => `${label} ${(bytes / 1e9).toFixed(2)} GB`);
  for (const path of [course.scratch, asideOf(course.scratch)]) remove(path);
  const { files, bytes } = course.account;
  const notes = [
    `${new Date().toISOString().slice(0, 10)} · ${describeMachine(options.directory)}`,
    describeVersions(['rsync', 'restic', 'borg']),
    `Account: ${files.toLocaleString('en')} files, ${(bytes / 1e9).toFixed(2)} GB. Medians of ${String(options.runs)}; after a month, of its last ${String(COUNTED_DAYS)} days.`,
    `On the disk after ${String(DAYS + 1)} backups: ${sizes.join(', ')}.`,
    'All on one local disk. Holdfast: the whole process, with SHA-256 of what it stores and everything durable; rsync does not sync.',
    ...leftOut,
    ...remarks,
  ];
  const rows = month.measured;
  console.log(page([ratioTable(rows, INCREMENTAL_TARGETS), costTable(rows)], notes));
}
