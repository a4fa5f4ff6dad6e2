/** Whether the server can make trees: a shell that sees what SFTP sees, hard links, the programs. */
import { probeJailedRsync } from '../../daemon/platform/rsync-jail.js';
import { temporaryNameOf } from '../keys.js';
import { askShell } from './far-shell.js';
import { PROBE, REMOVE } from './far-scripts.js';
import { lookUp, type RemotePlace } from './remote-place.js';
import { isTooOld, parseRsync, type Rsync } from './rsync-options.js';
import { SessionLost, type SftpSession } from './sftp-session.js';

export interface FarTools {
  near: Rsync;
  far: Rsync;
  isFarRoot: boolean;
}

/** SHA-256 of "x" and a line feed: the program is what its name says. */
const X_SHA256 = '73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac';
const PROBE_MS = 30_000;
const EXIT_CODES = Array.from({ length: 256 }, (_, code) => code);

/** `obstacle` goes behind "because". */
export async function probeTools(
  session: SftpSession,
  place: RemotePlace,
  signal: AbortSignal | undefined,
): Promise<FarTools | { obstacle: string }> {
  const probed = await probeJailedRsync();
  if ('obstacle' in probed) return probed;
  const near = parseRsync(probed.version);
  if (near === undefined) return { obstacle: 'the rsync here does not tell its version' };
  if (isTooOld(near)) return { obstacle: tooOld('here', near) };
  await lookUp(session, place, '');
  const name = temporaryNameOf('trees');
  await session.mkdir(`${place.base}/${name}`);
  try {
    return judge(near, await ask(session, `${place.base}/${name}`, signal));
  } finally {
    await removeScratch(session, place, name);
  }
}

function judge(near: Rsync, answer: string): FarTools | { obstacle: string } {
  if (answer.startsWith('no links')) {
    return { obstacle: 'its file system has no hard links, or its cp makes none' };
  }
  if (answer.startsWith('no tools')) {
    return { obstacle: 'it lacks one of sha256sum, xargs -0, find -print0, tail, ln' };
  }
  const found = /^holdfast (\d+) ([0-9a-f]{64})\n/.exec(answer);
  if (found === null) {
    const isNoise = answer.includes('\nholdfast ');
    return {
      obstacle: isNoise ? 'its shell prints a text of its own first' : 'it offers no shell',
    };
  }
  if (found[2] !== X_SHA256) return { obstacle: 'its sha256sum is not one' };
  const far = parseRsync(answer);
  if (far === undefined) return { obstacle: 'rsync is not installed there' };
  if (isTooOld(far)) return { obstacle: tooOld('there', far) };
  return { near, far, isFarRoot: found[1] === '0' };
}

function tooOld(where: string, { version }: Rsync): string {
  return `the rsync ${where} is ${version}, and 3.1 is the oldest that serves`;
}

/** '' when the server starts no program, or something else than asked. */
async function ask(
  session: SftpSession,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const patience = AbortSignal.timeout(PROBE_MS);
  try {
    const call = { what: 'Looking for a shell', folder, expectedExitCodes: EXIT_CODES };
    const both = signal === undefined ? patience : AbortSignal.any([signal, patience]);
    const { stdout } = await askShell(session, PROBE, { ...call, signal: both });
    return stdout.toString('latin1');
  } catch (error) {
    if (error instanceof SessionLost || signal?.aborted === true) throw error;
    return '';
  }
}

/** Empty when there was no shell to fill it. */
async function removeScratch(
  session: SftpSession,
  { base }: RemotePlace,
  name: string,
): Promise<void> {
  try {
    await session.rmdir(`${base}/${name}`);
  } catch {
    const call = { what: 'Tidying', folder: base === '' ? '/' : base, lines: [name] };
    await askShell(session, REMOVE, call).catch(() => undefined);
  }
}
