/**
 * A tree that is being made on the server: a copy by hard links of the one before, of which names are
 * removed, and to which rsync adds. What rsync adds has never a name that is there already, so that it
 * never writes to a file that another tree shares.
 */
import type { ClientChannel } from 'ssh2';
import {
  senderFailed,
  startJailedSender,
  type JailedSender,
} from '../../daemon/platform/rsync-jail.js';
import type { FarCopy, FarTree, HoleyFile } from '../destination.js';
import { abortable, throwIfAborted } from '../destination-error.js';
import { splitKey, splitTreeKey, temporaryNameOf } from '../keys.js';
import type { FarTools } from './far-probe.js';
import { CLONE, COUNT, DIGEST, DIGEST_EACH, LINK, LIST, receive, REMOVE, SIZES, SYNC, UNLINK } from './far-scripts.js'; // prettier-ignore
import {
  askShell,
  endOf,
  farFailure,
  printable,
  type FarAnswer,
  type FarCall,
} from './far-shell.js';
import { makeFolders } from './put-object.js';
import {
  lookUp,
  lstatIfThere,
  pathOf,
  removeEmptyFolders,
  type RemotePlace,
} from './remote-place.js';
import { senderOptions, serverOptions } from './rsync-options.js';
import { fromSftp, hasStatus, STATUS } from './sftp-errors.js';
import { OPEN_NEW, type SftpSession } from './sftp-session.js';

/** All names of a million files. */
const MAX_LIST_BYTES = 1024 * 1024 * 1024;
/** A hash and what parts it from the name. */
const ANSWER_BYTES = 80;
/** Some names could not be handled: which, the answer itself tells. */
const SOME_FAILED = [0, 1, 123];
/** Of rsync: everything; not everything; something vanished. */
const COPIED: ReadonlySet<number | undefined> = new Set([0, 23, 24]);
const FAREWELL_MS = 20_000;
const DISCARD_MS = 10_000;
const MESSAGES_SHOWN = 20;
/** How lines of rsync about a file begin; a server may say more. */
const COMPLAINT = /^(rsync: |skipping |cannot |file has vanished)/;
/** Where a file with holes is made, beside the folders of the tree. */
const DRAFT = '.holes';

interface Around {
  session: SftpSession;
  place: RemotePlace;
  tools: FarTools;
  bytesPerSecond: number | undefined;
  signal: AbortSignal | undefined;
}

/** `parent`: name of a tree in the same folder. */
export async function beginFarTree(
  around: Around,
  key: string,
  parent: string | undefined,
): Promise<FarTree> {
  const { session, place, signal } = around;
  const { dir, name } = splitTreeKey(key);
  await lookUp(session, place, dir);
  await makeFolders(session, place, dir);
  const tree = new SshTree(around, { dir, name, temporary: temporaryNameOf(name) });
  await session.mkdir(tree.path);
  if (parent === undefined) return tree;
  try {
    const lines = [parent, splitKey(tree.path).name];
    const call = { what: tree.what, folder: pathOf(place, dir), lines, signal };
    // A file of too many links is missing then; who makes the tree counts.
    await askShell(session, CLONE, { ...call, expectedExitCodes: [0, 1] });
    return tree;
  } catch (error) {
    await tree.discard();
    throw error;
  }
}

class SshTree implements FarTree {
  readonly path: string;
  readonly what: string;
  /** The folder that `write` made sure of last. */
  #madeFolder = '';

  constructor(
    private readonly around: Around,
    private readonly names: { dir: string; name: string; temporary: string },
  ) {
    const { place } = around;
    this.path = `${pathOf(place, names.dir)}/${names.temporary}`;
    this.what = `Making ${names.dir}/${names.name} in ${place.name}`;
  }

  async countFiles(): Promise<number> {
    const { stdout } = await this.#ask(COUNT, {});
    return Number(stdout.toString('latin1').trim());
  }

  async listFiles(): Promise<ReadonlySet<string>> {
    const { stdout } = await this.#ask(LIST, { maxOutputBytes: MAX_LIST_BYTES });
    const names = stdout.toString('latin1').split('\0').slice(0, -1);
    return new Set(names.map((name) => name.slice(2)));
  }

  async unlink(paths: readonly string[]): Promise<void> {
    if (paths.length > 0) await this.#ask(UNLINK, { names: paths });
  }

  async digest(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    // What escapes these is not the same in every program.
    const isOdd = (path: string): boolean => /[\n\r\\]/.test(path);
    const odd = await this.#digestEach(paths.filter(isOdd));
    const plain = paths.filter((path) => !isOdd(path));
    if (plain.length === 0) return odd;
    const found = new Map(odd);
    const limits = { expectedExitCodes: SOME_FAILED, maxOutputBytes: answerBytes(plain) };
    const { stdout } = await this.#ask(DIGEST, { names: plain, ...limits });
    for (const line of stdout.toString('latin1').split('\n')) {
      const [, hash, path] = /^([0-9a-f]{64}) [ *]\.\/(.*)$/s.exec(line) ?? [];
      if (hash !== undefined && path !== undefined) found.set(path, hash);
    }
    return found;
  }

  /** By their order, a program each: all in one call, since a home may have a million such names. */
  async #digestEach(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (paths.length === 0) return new Map();
    const limits = { expectedExitCodes: SOME_FAILED, maxOutputBytes: answerBytes(paths) };
    const { stdout } = await this.#ask(DIGEST_EACH, { names: paths, ...limits });
    const lines = stdout.toString('latin1').split('\n');
    const told = paths.map((path, at) => [path, /^[0-9a-f]{64}(?= )/.exec(lines[at] ?? '')?.[0]] as const); // prettier-ignore
    return new Map(told.filter((pair): pair is [string, string] => pair[1] !== undefined));
  }

  async sizes(paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (paths.length === 0) return new Map();
    const limits = { expectedExitCodes: SOME_FAILED, maxOutputBytes: answerBytes(paths) };
    const { stdout } = await this.#ask(SIZES, { names: paths, ...limits });
    const lines = stdout.toString('latin1').split('\n');
    const told = paths.map((path, at) => [path, Number.parseInt(lines[at] ?? '', 10)] as const);
    return new Map(told.filter(([, size]) => Number.isSafeInteger(size)));
  }

  async link(pairs: readonly { from: string; to: string }[]): Promise<void> {
    if (pairs.length === 0) return;
    const names = pairs.flatMap(({ from, to }) => [from, to]);
    await this.#ask(LINK, { names, expectedExitCodes: SOME_FAILED });
  }

  async write(path: string, content: Uint8Array): Promise<void> {
    await this.#explained(async (session) => {
      await this.#makeFolders(session, splitKey(path).dir);
      await this.#writeNew(session, path, (handle) => writeAt(session, handle, content, 0));
    });
  }

  /** Those of Holdfast, above what it writes itself. */
  async #makeFolders(session: SftpSession, folder: string): Promise<void> {
    if (folder === this.#madeFolder) return;
    let at = this.path;
    for (const name of folder.split('/')) {
      at = `${at}/${name}`;
      if ((await lstatIfThere(session, at)) === undefined) await session.mkdir(at);
    }
    this.#madeFolder = folder;
  }

  async writeHoley({ path, sizeBytes, content }: HoleyFile): Promise<void> {
    const { signal } = this.around;
    await this.#explained(async (session) => {
      await this.#writeNew(session, DRAFT, async (handle) => {
        for await (const { offset, bytes } of content) {
          throwIfAborted(signal, this.what);
          await writeAt(session, handle, bytes, offset);
        }
        await session.setLength(handle, sizeBytes);
      });
    });
    await this.link([{ from: DRAFT, to: path }]);
    await this.unlink([DRAFT]);
  }

  async copy(copy: FarCopy): Promise<string[]> {
    const { tools, bytesPerSecond, signal } = this.around;
    if (copy.names.length === 0) return [];
    throwIfAborted(signal, this.what);
    const options = senderOptions({ kind: copy.kind, ...tools, bytesPerSecond });
    const { folder, source } = copy;
    const names = copy.names.map((name) => (name === '' ? folder : `${folder}/${name}`));
    const sender = startJailedSender({ ...source, name: folder }, options, names);
    try {
      return await abortable(this.#connect(sender, copy), signal, this.what);
    } catch (error) {
      throw fromSftp(error, this.what);
    } finally {
      sender.kill();
    }
  }

  async publish(): Promise<void> {
    const { session, place } = this.around;
    const { dir, name } = this.names;
    const folder = pathOf(place, dir);
    await this.#ask(SYNC, {});
    await this.#explained(() => session.rename(this.path, `${folder}/${name}`));
    await askShell(session, SYNC, { what: this.what, folder });
  }

  /** What is left, the next sweep finds. */
  async discard(): Promise<void> {
    const { session, place } = this.around;
    const { dir, temporary } = this.names;
    const signal = AbortSignal.timeout(DISCARD_MS);
    const call = { what: this.what, folder: pathOf(place, dir), lines: [temporary], signal };
    const removing = askShell(session, REMOVE, call);
    await removing.then(() => removeEmptyFolders(session, place, dir)).catch(() => undefined);
  }

  async #connect(sender: JailedSender, { onBytes }: FarCopy): Promise<string[]> {
    const { session } = this.around;
    const asked = await sender.asked;
    if (asked.length === 0) {
      const { exitCode, output } = await sender.ended;
      throw senderFailed(exitCode, output);
    }
    const channel = await session.exec(receive(serverOptions(asked)));
    const farEnded = endOf(session, channel);
    channel.write(`${this.path}\n`);
    join(sender, channel, onBytes);
    try {
      const far = await farEnded;
      return judge(this.what, far, await farewell(sender));
    } finally {
      channel.close();
    }
  }

  async #writeNew(
    session: SftpSession,
    path: string,
    fill: (handle: Buffer) => Promise<void>,
  ): Promise<void> {
    const full = `${this.path}/${path}`;
    await session.unlink(full).catch((error: unknown) => {
      if (!hasStatus(error, STATUS.noSuchFile)) throw error;
    });
    const handle = await session.open(full, OPEN_NEW);
    try {
      await fill(handle);
    } finally {
      await session.close(handle);
    }
  }

  #ask(script: string, call: Partial<FarCall>): Promise<FarAnswer> {
    const { signal } = this.around;
    const { what, path: folder } = this;
    return this.#explained((session) =>
      askShell(session, script, { what, folder, signal, ...call }),
    );
  }

  async #explained<T>(work: (session: SftpSession) => Promise<T>): Promise<T> {
    const { session, signal } = this.around;
    throwIfAborted(signal, this.what);
    try {
      return await work(session);
    } catch (error) {
      throw fromSftp(error, this.what);
    }
  }
}

/** What a server may answer at most that is asked for a hash or a size of each. */
function answerBytes(paths: readonly string[]): number {
  return paths.reduce((sum, path) => sum + path.length + ANSWER_BYTES, 0);
}

/** Both directions; the sender hears of the end when the other side is gone. */
function join({ line }: JailedSender, channel: ClientChannel, onBytes: FarCopy['onBytes']): void {
  line.on('data', (chunk: Buffer) => {
    onBytes?.(chunk.length);
  });
  line.pipe(channel);
  channel.pipe(line);
  channel.once('close', () => {
    line.end();
  });
}

async function writeAt(
  session: SftpSession,
  handle: Buffer,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  for (let at = 0; at < bytes.length; at += session.writeBytes) {
    const part = Buffer.from(bytes.subarray(at, at + session.writeBytes));
    await session.write(handle, part, position + at);
  }
}

/** One that hangs, over a FIFO for example, is not waited for. */
async function farewell(sender: JailedSender): Promise<Awaited<JailedSender['ended']>> {
  const timer = setTimeout(sender.kill, FAREWELL_MS);
  try {
    return await sender.ended;
  } finally {
    clearTimeout(timer);
  }
}

function judge(
  what: string,
  far: Omit<FarAnswer, 'stdout'>,
  near: Awaited<JailedSender['ended']>,
): string[] {
  const said = `${far.errors}\n${printable(near.output)}`;
  const isFull = /no space left|disk quota exceeded/i.test(said);
  const isCopied = COPIED.has(near.exitCode) && COPIED.has(far.exitCode);
  if (isFull || !isCopied) {
    const worst = said.split('\n').find((line) => /no space left|disk quota/i.test(line));
    const code = String(near.exitCode ?? far.exitCode);
    throw farFailure(what, worst ?? said, `rsync ended with ${code}`);
  }
  const lines = said.split('\n').filter((line) => COMPLAINT.test(line));
  return lines.slice(0, MESSAGES_SHOWN).map((line) => line.replace('rsync: ', '').slice(0, 300));
}
