/**
 * The rsync of this machine as a sender, locked up. It reads what a tenant may change at any time, so
 * it sees one directory, read-only, and the few programs and libraries that it runs on; no network, no
 * other process; of root's powers it keeps reading only. Nothing else is there to be read with that
 * power: a tenant who exchanges a folder for a link while rsync reads leads it anywhere in the jail, and
 * control panels keep their passwords below /usr/local. Its end of the line to the other side is a socket it inherits, never a host or a
 * secret: what it asks the other side to run comes out here, and the caller decides.
 *
 * The directory is bound by its path and then compared with the descriptor of the one that is meant:
 * within the jail nobody can exchange it any more.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, fstatSync, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import type { Duplex, Readable } from 'node:stream';
import { BoundedOutput } from './bounded-output.js';
import { AppError, toAppError } from './errors.js';
import { forgetGroup, rememberGroup, signalGroup } from './process-groups.js';
import { MINIMAL_ENVIRONMENT, run } from './processes.js';

/** What the names in the jail are relative to; the directory lies in it under a name of its own. rsync
 * takes "." for a folder with all it holds: so the directory is never that. */
const INSIDE = '/source';
const WRONG_DIRECTORY = 99;
/** Each argument a line, then both directions; it ends when the other side does. */
const TRANSPORT = 'printf "%s\\n" "$@" "" >&4; exec 4>&- 5<&0; cat <&5 >&3 & exec cat <&3';
const CHECKED = `[ "$(stat -c %d:%i .)" = "$0" ] || exit ${String(WRONG_DIRECTORY)}; exec "$@"`;
const MAX_OUTPUT_BYTES = 64 * 1024;
const MAX_ASKED_BYTES = 4096;
const PROBE_MS = 20_000;

export interface JailedDirectory {
  /** What it is called in the jail. */
  name: string;
  path: string;
  /** Descriptor of the very directory that `path` must still lead to. */
  fd: number;
}

export interface JailedSender {
  /** What it wants to be run on the other side, name of the program first. */
  asked: Promise<string[]>;
  /** To and from that program. */
  line: Duplex;
  /** Never rejects. Undefined: it was ended by a signal. */
  ended: Promise<{ exitCode: number | undefined; output: string }>;
  /** Ends it at once. */
  kill: () => void;
}

/** `options` are those of rsync but for what concerns source, list and transport; `names` begin with
 * the directory's, one character for each byte. */
export function startJailedSender(
  directory: JailedDirectory,
  options: readonly string[],
  names: readonly string[],
): JailedSender {
  const { dev, ino } = fstatSync(directory.fd, { bigint: true });
  const shell = ['/bin/sh', '-c', CHECKED, `${String(dev)}:${String(ino)}`];
  const transport = `--rsh=/bin/sh -c '${TRANSPORT}' transport`;
  const list = ['--files-from=-', '--from0', transport, `${INSIDE}/`, 'far:.'];
  const [program, ...args] = jail(directory);
  const child = spawn(program, [...args, ...shell, 'rsync', ...options, ...list], {
    detached: true,
    env: { ...MINIMAL_ENVIRONMENT },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
  });
  const [stdin, , , line, asked] = child.stdio as unknown as [Duplex, Readable, Readable, Duplex, Readable]; // prettier-ignore
  for (const stream of [stdin, line, asked]) stream.on('error', () => undefined);
  stdin.end(Buffer.from(names.map((name) => `${name}\0`).join(''), 'latin1'));
  return {
    asked: linesOf(asked),
    line,
    ended: endOf(child),
    kill: () => {
      if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
    },
  };
}

/** Why there can be no such sender here, behind "because"; its version when there can. */
export async function probeJailedRsync(): Promise<{ obstacle: string } | { version: string }> {
  try {
    const [program, ...args] = jail({ name: 'usr', path: '/usr' });
    const { stdout } = await run(program, [...args, 'rsync', '--version'], { timeoutMs: PROBE_MS });
    return { version: stdout.toString('utf8') };
  } catch (error) {
    const { details } = toAppError(error);
    const missing = ['bwrap', 'rsync'].find((name) => findProgram(name) === undefined);
    if (missing !== undefined) {
      return { obstacle: `${PACKAGES[missing] ?? missing} is not installed here` };
    }
    const { output } = details as { output?: string };
    const said = output?.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
    return {
      obstacle: `bubblewrap cannot lock up rsync here (${said === '' ? 'it said nothing' : said})`,
    };
  }
}

const ROOTS_PROGRAM = ['unshare', '--net', '--', 'bwrap'] as const;
const OTHERS_PROGRAM = ['bwrap', '--unshare-net'] as const;
const PACKAGES: Record<string, string> = { bwrap: 'bubblewrap' };

/** All that is started in the jail beside /bin/sh. */
const PROGRAMS = ['stat', 'cat', 'rsync'] as const;
const LIBRARIES = ['/usr/lib', '/usr/lib64'];
/** Of an rsync that the admin built. */
const LOCAL_LIBRARIES = ['/usr/local/lib', '/usr/local/lib64'];

function findProgram(name: string): string | undefined {
  const folders = MINIMAL_ENVIRONMENT['PATH']?.split(':') ?? [];
  return folders.map((folder) => `${folder}/${name}`).find((path) => existsSync(path));
}

function jail({ name, path }: Pick<JailedDirectory, 'name' | 'path'>): [string, ...string[]] {
  const inside = `${INSIDE}/${name}`;
  const isRoot = process.geteuid?.() === 0;
  // Root needs no namespace of users, in which other people's files would lose their owners. And
  // bubblewrap would set up an interface of the new network, for which the daemon has no capability.
  const [program, ...network] = isRoot ? ROOTS_PROGRAM : OTHERS_PROGRAM;
  const powers = isRoot ? ['--cap-drop', 'ALL', '--cap-add', 'CAP_DAC_READ_SEARCH'] : [];
  return [
    program,
    ...network,
    ...[...systemFolders(), ...whatItRunsOn()],
    ...['--dev', '/dev', '--ro-bind', path, inside],
    ...['--unshare-ipc', '--unshare-pid', '--unshare-uts', '--unshare-cgroup-try'],
    ...['--die-with-parent', '--new-session', ...powers, '--chdir', inside, '--'],
  ];
}

/** File by file: what lies beside them may be root's alone to read. */
function whatItRunsOn(): string[] {
  const found = PROGRAMS.map(findProgram).filter((path) => path !== undefined);
  const programs = [`${realpathSync('/bin')}/sh`, ...found];
  const isLocal = programs.some((path) => path.startsWith('/usr/local/'));
  const libraries = isLocal ? [...LIBRARIES, ...LOCAL_LIBRARIES] : LIBRARIES;
  const present = libraries.filter((path) => existsSync(path));
  return [...present, ...programs].flatMap((path) => ['--ro-bind', path, path]);
}

/** Links into /usr on newer systems, folders on older ones. */
function systemFolders(): string[] {
  return ['bin', 'lib', 'lib64'].flatMap((name) => {
    if (!existsSync(`/${name}`)) return [];
    const isLink = lstatSync(`/${name}`).isSymbolicLink();
    if (isLink) return ['--symlink', readlinkSync(`/${name}`), `/${name}`];
    return ['--ro-bind', `/${name}`, `/${name}`];
  });
}

/** Without the first one, the name of the other side. Others in the jail keep the pipe open: an empty
 * line is the end. None when it said nothing. */
async function linesOf(stream: Readable): Promise<string[]> {
  let text = '';
  for await (const chunk of stream) {
    text += (chunk as Buffer).toString('latin1');
    if (text.endsWith('\n\n')) return text.trimEnd().split('\n').slice(1);
    if (text.length > MAX_ASKED_BYTES) break;
  }
  return [];
}

function endOf(child: ChildProcess): JailedSender['ended'] {
  const output = new BoundedOutput('end', MAX_OUTPUT_BYTES);
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output.add(chunk);
    });
  }
  const { pid } = child;
  if (pid !== undefined) rememberGroup(pid);
  return new Promise((resolve) => {
    child.once('error', (error) => {
      resolve({ exitCode: undefined, output: error.message });
    });
    child.once('close', (exitCode) => {
      if (pid !== undefined) forgetGroup(pid);
      const isWrong = exitCode === WRONG_DIRECTORY;
      resolve({ exitCode: exitCode ?? undefined, output: isWrong ? EXCHANGED : output.text() });
    });
  });
}

const EXCHANGED = 'the directory was exchanged for another one meanwhile';

/** What every failure of the sender is told as. */
export function senderFailed(exitCode: number | undefined, output: string): AppError {
  const last =
    output
      .trimEnd()
      .split('\n')
      .at(-1)
      ?.replace(/[^ -~]/g, '?')
      .slice(0, 300) ?? '';
  const how = exitCode === undefined ? 'was stopped' : `failed with exit code ${String(exitCode)}`;
  return new AppError('source', 'command.failed', `rsync ${how}: ${last}; run it again.`);
}
