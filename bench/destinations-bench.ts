/**
 * The bench of destinations: what Holdfast reaches over S3 and SSH beside the tools an admin would
 * otherwise use, each a whole process, on one server of each kind in the same run.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Destination } from '../destinations/destination.js';
import { openDestination } from '../destinations/registry.js';
import type { BenchOptions, Contender } from './contender.js';
import { PLACE_KINDS, type Place } from './destination-places.js';
import { ensureLoads, type Load } from './generate-loads.js';
import { holdfast } from './holdfast-transfers.js';
import { describeMachine, describeVersions, isInstalled } from './machine.js';
import { costTable, page, ratioTable, type Row, type Target } from './report.js';
import { choose, measureRounds, remove } from './rounds.js';
import { putAll } from './transfers.js';

const PEERS = ['rclone', 's3cmd', 'sftp'];
/** 0.9 of their throughput. */
const AT_MOST = 1.11;
const CONTEXT = { forbiddenBelow: [], requireRootOwner: false };

/** Beside what every Debian has. */
export const DESTINATION_PROGRAMS = [...PEERS, ...PLACE_KINDS.flatMap(({ tools }) => tools)];

interface Directories {
  /** Emptied before every round. */
  scratch: string;
  /** For settings, keys and tasks. */
  settings: string;
}

/** What everyone does in turn. */
interface Work {
  contenders: Contender[];
  targets: Target[];
}

interface Course extends Directories {
  place: Place;
  load: Load;
  /** For storing, checking and tidying off the clock. */
  destination: Destination;
}

/** `folder`, `to`: of one contender alone. */
type Step = (folder: string, to: string) => Pick<Contender, 'argv' | 'check'>;

function worksOf(course: Course): Work[] {
  const { load, place, settings } = course;
  const everyone = [holdfast(place.spec, settings), ...place.peers];
  const workOf = (kind: string, stepOf: (who: (typeof everyone)[number]) => Step): Work => {
    const id = `${place.id}-${kind}-${load.id}`;
    const work = `${place.label} ${kind}, ${load.label}`;
    const contenders = everyone.map((who): Contender => {
      const own = `${id}-${who.id}`;
      const step = stepOf(who)(own, join(course.scratch, own));
      return { id: own, label: `${work}: ${who.label}`, tools: who.tools, ...step };
    });
    const targets = place.peers.map((peer): Target => {
      return {
        work,
        ours: `${id}-holdfast`,
        theirs: `${id}-${peer.id}`,
        against: peer.label,
        quantity: 'wallSeconds',
        atMost: load.isThroughput && peer.isForInformation !== true ? AT_MOST : undefined,
      };
    });
    return { contenders, targets };
  };
  return [
    workOf('put', (who) => (folder) => ({
      argv: who.put(load.directory, folder),
      check: () => checkStored(course, `${folder}/`),
    })),
    workOf('get', (who) => (_folder, to) => ({
      argv: who.get(thereOf(load), to),
      check: () => checkGot(load, to),
    })),
  ];
}

/** Where what is to be read was stored beforehand. */
function thereOf(load: Load): string {
  return `there-${load.id}`;
}

/** Reads back what was stored, then removes it. */
async function checkStored({ destination, load }: Course, prefix: string): Promise<void> {
  const left = new Map(load.digests);
  for await (const { key } of destination.list(prefix)) {
    const hash = createHash('sha256');
    for await (const chunk of destination.get(key)) hash.update(chunk);
    const name = key.slice(prefix.length);
    if (left.get(name) !== hash.digest('hex')) throw new Error(`${key} is not what was put.`);
    left.delete(name);
    await destination.remove(key);
  }
  if (left.size > 0) throw new Error(`${left.size} files of ${prefix} are not there.`);
}

function checkGot({ directory }: Load, to: string): void {
  execFileSync('diff', ['-r', directory, to], { stdio: 'pipe' });
  remove(to);
}

async function measurePlace(
  place: Place,
  loads: Load[],
  options: BenchOptions,
  directories: Directories,
): Promise<{ rows: Row[]; targets: Target[]; remarks: string[] }> {
  const destination = await openDestination(place.spec, CONTEXT);
  for (const load of loads) {
    await putAll(destination, { directory: load.directory, prefix: `${thereOf(load)}/` });
  }
  const works = loads.flatMap((load) => worksOf({ ...directories, place, load, destination }));
  const chosen = works.map(({ contenders }) => choose(contenders, options.without));
  const groups = chosen.map((each) => each.chosen).filter((group) => group.length > 0);
  const rows = await measureRounds(groups, options.runs, directories.scratch);
  await destination.close();
  return {
    rows,
    targets: works.flatMap(({ targets }) => targets),
    remarks: chosen.flatMap(({ remarks }) => remarks),
  };
}

/** Undefined when the server cannot be had here; `remarks` get the reason. */
async function openPlace(
  { label, tools, isRootNeeded, open }: (typeof PLACE_KINDS)[number],
  directory: string,
  remarks: string[],
): Promise<Place | undefined> {
  const missing = tools.filter((tool) => !isInstalled(tool));
  if (missing.length === 0 && !(isRootNeeded && process.getuid?.() !== 0)) return open(directory);
  const reason = missing.length > 0 ? `${missing.join(', ')} is not installed` : 'needs root';
  remarks.push(`Left out: ${label} (${reason}).`);
  return undefined;
}

export async function benchDestinations(options: BenchOptions, remarks: string[]): Promise<void> {
  console.error('Making what is moved, unless it is there');
  const loads = ensureLoads(options.directory);
  const directories = {
    scratch: join(options.directory, 'run'),
    settings: join(options.directory, 'settings'),
  };
  const [rows, targets]: [Row[], Target[]] = [[], []];
  for (const kind of PLACE_KINDS) {
    const place = await openPlace(kind, directories.settings, remarks);
    if (place === undefined) continue;
    try {
      const found = await measurePlace(place, loads, options, directories);
      rows.push(...found.rows);
      targets.push(...found.targets);
      remarks.push(...found.remarks);
    } finally {
      await place.close();
      for (const path of Object.values(directories)) remove(path);
    }
  }
  const notes = [
    `${new Date().toISOString().slice(0, 10)} · ${describeMachine(options.directory)}`,
    describeVersions(['rclone', 's3cmd', 'ssh', 'radosgw']),
    `Incompressible data, medians of ${options.runs}; who begins changes from round to round. At most 1.11 × the time is at least 0.9 × the throughput.`,
    'Each is a whole process on a loopback server of the same run: S3 is Ceph radosgw (memory), SSH is OpenSSH sshd (disk). The servers share the processors with whoever is measured; only the CPU of the latter is told.',
    'Put: from a warm file until the server has everything; over SSH, Holdfast and sftp (`put -f`) wait until it is on the disk, rclone does not. Get: into a new file. Everything stored and got is compared afterwards.',
    ...remarks,
  ];
  console.log(page([ratioTable(rows, targets), costTable(rows)], notes));
}
