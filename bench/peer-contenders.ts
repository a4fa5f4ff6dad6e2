/** The tools an admin would otherwise use, each as one command line. */
import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { WORKER_ENVIRONMENT } from '../daemon/runs/worker-process.js';
import { at, checkFileCount, checkOneFile, type Contender, type Course } from './contender.js';

const COMPRESSORS = ['gzip', 'pigz'];
/** What the first of them made: one ordinary .tar.gz is as good as another to read from. */
const COMPRESSED = 'a.tar.gz';

export function tarBackups(course: Course): Contender[] {
  const { home } = course.account;
  const [archive, synced] = [at(course, 'a.tar'), at(course, 'synced.tar')];
  return [
    {
      id: 'tar',
      label: 'tar cf',
      tools: ['tar'],
      argv: ['tar', 'cf', archive, '-C', home, '.'],
      output: archive,
    },
    {
      id: 'tar-synced',
      label: 'tar cf, then sync of the file',
      tools: ['tar', 'sync'],
      argv: shell('tar cf "$1" -C "$2" . && sync "$1"', synced, home),
      output: synced,
      discard: synced,
    },
    {
      id: 'tar-hashed',
      label: 'tar cf, sync, then sha256sum of every file',
      tools: ['tar', 'sync', 'xargs', 'sha256sum'],
      argv: shell(
        'tar cf "$1" -C "$2" . && sync "$1" && find "$2" -type f -print0 | xargs -0 sha256sum > /dev/null',
        synced,
        home,
      ),
      output: synced,
      discard: synced,
    },
  ];
}

export function compressors(course: Course): Contender[] {
  return COMPRESSORS.map((program) => {
    const archive = at(course, `${program}.tar.gz`);
    return {
      id: program,
      label: `tar | ${program} -6`,
      tools: ['tar', program],
      argv: shell(`tar cf - -C "$2" . | ${program} -6 > "$1"`, archive, course.account.home),
      output: archive,
      check: () => {
        const common = at(course, COMPRESSED);
        if (!existsSync(common)) linkSync(archive, common);
      },
    };
  });
}

export function otherBackups(course: Course): Contender[] {
  const { home } = course.account;
  const [restic, borg, rsync] = [at(course, 'restic'), at(course, 'borg'), at(course, 'rsync')];
  return [
    {
      id: 'restic',
      label: 'restic backup',
      tools: ['restic'],
      prepare: () => quietly(course.scratch, ['restic', 'init']),
      argv: ['restic', 'backup', '--quiet', home],
      output: restic,
    },
    {
      id: 'borg',
      label: 'borg create, lz4',
      tools: ['borg'],
      prepare: () => quietly(course.scratch, ['borg', 'init', '--encryption', 'none', borg]),
      argv: ['borg', 'create', '--compression', 'lz4', `${borg}::one`, home],
      output: borg,
      discard: borg,
    },
    {
      id: 'rsync',
      label: 'rsync -aHAX to an empty directory',
      tools: ['rsync'],
      argv: ['rsync', '-aHAX', `${home}/`, `${rsync}/`],
      output: rsync,
      discard: rsync,
    },
  ];
}

export function otherOneFile(course: Course): Contender[] {
  const { home, oneFile } = course.account;
  const [fromTar, fromRestic] = [at(course, 'one-tar'), at(course, 'one-restic')];
  return [
    {
      id: 'tar-one',
      label: 'tar xzf A PATH',
      tools: ['tar', 'gzip'],
      readsFrom: COMPRESSORS,
      prepare: () => mkdirSync(fromTar),
      argv: ['tar', 'xzf', at(course, COMPRESSED), '-C', fromTar, `./${oneFile}`],
      check: () => checkOneFile(course, join(fromTar, oneFile)),
    },
    {
      id: 'restic-one',
      label: 'restic dump',
      tools: ['restic'],
      readsFrom: ['restic'],
      argv: shell('restic --quiet dump latest "$2" > "$1"', fromRestic, join(home, oneFile)),
      check: () => checkOneFile(course, fromRestic),
    },
  ];
}

export function otherCompressedRestores(course: Course): Contender[] {
  const archive = at(course, COMPRESSED);
  return [
    restoreOf(
      course,
      { id: 'targz-restore', label: 'tar xzf', tools: ['tar', 'gzip'], readsFrom: COMPRESSORS },
      (to) => {
        return ['tar', 'xzpf', archive, '-C', to];
      },
    ),
    restoreOf(
      course,
      { id: 'restic-restore', label: 'restic restore', tools: ['restic'], readsFrom: ['restic'] },
      (to) => {
        return ['restic', '--quiet', 'restore', 'latest', '--target', to];
      },
    ),
  ];
}

export function tarRestore(course: Course): Contender {
  const archive = at(course, 'a.tar');
  return restoreOf(
    course,
    { id: 'tar-restore', label: 'tar xf', tools: ['tar'], readsFrom: ['tar'] },
    (to) => {
      return ['tar', 'xpf', archive, '-C', to];
    },
  );
}

function restoreOf(
  course: Course,
  peer: Pick<Contender, 'id' | 'label' | 'tools' | 'readsFrom'>,
  argv: (to: string) => string[],
): Contender {
  const to = at(course, peer.id);
  return {
    ...peer,
    prepare: () => mkdirSync(to),
    argv: argv(to),
    discard: to,
    check: () => checkFileCount(to, course.account.files),
  };
}

/** What the peers read from their environment; the scratch directory is all they touch. */
export function environmentOf(scratch: string, inherited: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    PATH: inherited['PATH'],
    HOME: scratch,
    // As workers have it.
    ...WORKER_ENVIRONMENT,
    LC_ALL: 'C',
    RESTIC_REPOSITORY: join(scratch, 'restic'),
    RESTIC_PASSWORD: 'bench',
    RESTIC_CACHE_DIR: join(scratch, 'restic-cache'),
    BORG_BASE_DIR: join(scratch, 'borg-base'),
    BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: 'yes',
  };
}

/** For what is not on the clock. */
export function quietly(scratch: string, argv: string[]): void {
  const [program = '', ...args] = argv;
  execFileSync(program, args, { env: environmentOf(scratch, process.env), stdio: 'pipe' });
}

/** A pipeline; values come in as arguments, never as part of the script. */
function shell(script: string, ...args: string[]): string[] {
  return ['bash', '-o', 'pipefail', '-c', script, 'bench', ...args];
}
