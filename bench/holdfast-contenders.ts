/** Holdfast on the clock: each a process that does one task of the engine. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MariadbServer } from '../daemon/engine/databases/mariadb-server.js';
import type { RestoreReport, SnapshotSummary, Structure } from '../daemon/engine/types.js';
import { at, checkFileCount, checkOneFile, type Contender, type Course } from './contender.js';
import { WORKER_NODE_ARGS } from '../daemon/runs/worker-process.js';
import type { EngineTask } from './engine-task.js';

const SNAPSHOT_IDS: Record<Structure, string> = {
  archived: '20260101T000000Z-00000a',
  compressed: '20260101T000000Z-00000c',
  incremental: '20260101T000000Z-00000d',
};

export function holdfastBackup(course: Course, structure: Structure): Contender {
  return {
    id: `holdfast-${structure}`,
    label: `Holdfast, ${structure}`,
    tools: [],
    output: destinationOf(course, structure),
    check: (stdout) => checkSummary(course, JSON.parse(stdout) as SnapshotSummary),
    ...engineTask(course, structure, { kind: 'backup', structure }),
  };
}

/** A day of incremental backups; `isTree`: as on a disk, else as on a store of objects. */
export function holdfastDay(
  course: Course,
  { isTree, day, parentDay }: { isTree: boolean; day: number; parentDay: number | undefined },
): Pick<Contender, 'prepare' | 'argv' | 'check'> {
  const idOf = (number: number): string =>
    `20260101T0000${String(number).padStart(2, '0')}Z-00000d`;
  const task = {
    ...({ kind: 'backup', structure: 'incremental', isWithoutTrees: !isTree } as const),
    parentId: parentDay === undefined ? undefined : idOf(parentDay),
  };
  const place = isTree ? 'tree' : 'archives';
  return {
    check: (stdout) => checkSummary(course, JSON.parse(stdout) as SnapshotSummary),
    ...engineTask(course, { place, snapshotId: idOf(day) }, task),
  };
}

/** The databases `bench_…` of a server; `day`: incremental ones, each after the one before. */
export function holdfastDatabases(
  course: Course,
  server: MariadbServer,
  { day, check }: { day?: number; check?: (summary: SnapshotSummary) => void },
): Contender {
  const idOf = (number: number): string => `20260101T00000${String(number)}Z-0000db`;
  const structure = day === undefined ? 'compressed' : 'incremental';
  const ownership = { names: [], prefix: { own: 'bench_', longer: [] } };
  const task = {
    ...({ kind: 'backup', structure } as const),
    parentId: day === undefined || day === 0 ? undefined : idOf(day - 1),
    databases: { mariadb: server, ownership, users: { names: [] } },
  };
  const work = day === undefined ? '' : day === 0 ? ', first' : ', one row changed';
  return {
    id: `holdfast-databases-${structure}${day === undefined ? '' : String(day)}`,
    label: `Holdfast, ${structure}${work}`,
    tools: ['mariadb-dump'],
    ...engineTask(course, { place: `databases-${structure}`, snapshotId: idOf(day ?? 0) }, task),
    check: (stdout) => {
      const summary = JSON.parse(stdout) as SnapshotSummary;
      if (summary.state !== 'complete') throw new Error(`The snapshot is ${summary.state}.`);
      check?.(summary);
    },
  };
}

export function holdfastRestore(course: Course, structure: Structure): Contender {
  const to = at(course, `restored-${structure}`);
  return {
    id: `holdfast-restore-${structure}`,
    label: `Holdfast, restore of ${structure}`,
    tools: [],
    discard: to,
    check: (stdout) => {
      const report = JSON.parse(stdout) as RestoreReport;
      if (report.state !== 'complete') throw new Error(`The restore was not complete: ${stdout}`);
      checkFileCount(to, course.account.files);
    },
    ...engineTask(course, structure, { kind: 'restore', targetPath: to }, () => mkdirSync(to)),
  };
}

/** With `isCounted` the reads are counted, which costs a little: not for the clock. */
export function holdfastOneFile(course: Course, isCounted = false): Contender {
  const outputPath = at(course, isCounted ? 'one-counted' : 'one-holdfast');
  const task = { kind: 'download', path: course.account.oneFile, outputPath, isCounted } as const;
  return {
    id: 'holdfast-one',
    label: 'Holdfast, one file of compressed',
    tools: [],
    check: () => checkOneFile(course, outputPath),
    ...engineTask(course, 'compressed', task),
  };
}

type TaskPart<T> = T extends unknown ? Omit<T, keyof CommonTask> : never;
type CommonTask = Pick<
  EngineTask,
  'destinationPath' | 'account' | 'threads' | 'snapshotId' | 'signingKeyPem' | 'publicKeyPem'
>;

function engineTask(
  course: Course,
  at: Structure | { place: string; snapshotId: string },
  part: TaskPart<EngineTask>,
  alsoPrepare: () => void = () => undefined,
): Pick<Contender, 'prepare' | 'argv'> {
  const taskFile = join(course.scratch, 'task.json');
  const { place, snapshotId } =
    typeof at === 'string' ? { place: at, snapshotId: SNAPSHOT_IDS[at] } : at;
  const { account, keys, threads } = course;
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const identity = {
    id: 'acc0acc0acc0',
    name: 'bench',
    uid,
    gid,
    home: account.home,
    source: 'bench',
  };
  const common: CommonTask = {
    destinationPath: destinationOf(course, place),
    account: identity,
    threads,
    snapshotId,
    ...keys,
  };
  return {
    prepare: () => {
      mkdirSync(common.destinationPath, { recursive: true, mode: 0o700 });
      writeFileSync(taskFile, JSON.stringify({ ...common, ...part }), { mode: 0o600 });
      alsoPrepare();
    },
    argv: [
      process.execPath,
      ...WORKER_NODE_ARGS,
      fileURLToPath(new URL('../joined/engine-task.js', import.meta.url)),
      taskFile,
    ],
  };
}

function destinationOf(course: Course, place: string): string {
  return at(course, `holdfast-${place}`);
}

/** The snapshot also holds files of its own, like config/account.json. */
function checkSummary(course: Course, summary: SnapshotSummary): void {
  if (summary.state === 'complete' && summary.files >= course.account.files) return;
  const found = `${summary.state}, ${summary.files} of ${course.account.files} files`;
  throw new Error(`The snapshot is not what was to be stored: ${found}.`);
}
