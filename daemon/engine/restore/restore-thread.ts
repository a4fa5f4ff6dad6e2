/**
 * A thread of a restoring worker. When the target is an account's home it takes on the account's
 * file-system identity before anything else and never gives it back, so that root writes nothing
 * there. Only synchronous calls: asynchronous ones would run on a pool that is still root.
 */
import { createHash, hash, type Hash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { toAppError } from '../../platform/errors.js';
import { assumeFileIdentity } from '../../platform/process-calls.js';
import { inflateMember, inflateMembers } from '../archive/gzip-member.js';
import { storedContentBytes } from '../archive/tar-header.js';
import { END_THREAD, type ThreadAnswer } from '../thread-pool.js';
import type {
  Placed,
  RestoreAnswer,
  RestoreMessage,
  RestoreThreadData,
} from './restore-messages.js';
import { setLength, writeExtents } from './file-content.js';
import { TreeWriter, emptyAnswer, type OpenTarget } from './tree-writer.js';
import { throwIfFatal } from './write-errors.js';

const data = workerData as RestoreThreadData;
if (data.identity !== undefined) assumeFileIdentity(data.identity.uid, data.identity.gid);
const writer = new TreeWriter(data);

interface LargeFile {
  placed: Placed;
  target: OpenTarget | undefined;
  hash: Hash;
  written: number;
}

let large: LargeFile | undefined;

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function restoreFiles(message: RestoreMessage & { kind: 'files' }): void {
  let content: Buffer;
  try {
    content = message.isCompressed
      ? inflateMembers(asBuffer(message.bytes))
      : asBuffer(message.bytes);
  } catch (error) {
    for (const { entry } of message.files) writer.fail(entry, toAppError(error).message);
    return;
  }
  for (const file of message.files) {
    writer.attempt(file, () => {
      const length = storedContentBytes(file.entry);
      restoreFile(file, content.subarray(file.at, file.at + length));
    });
  }
}

function restoreFile(file: Placed, content: Buffer): void {
  const { entry } = file;
  if (
    content.length !== storedContentBytes(entry) ||
    hash('sha256', content, 'hex') !== entry.sha256
  ) {
    writer.fail(entry, 'its stored bytes are damaged (SHA-256 differs): nothing was written');
    return;
  }
  writer.write(file, content);
}

function beginLarge(placed: Placed): void {
  large = { placed, target: undefined, hash: createHash('sha256'), written: 0 };
  const file = large;
  writer.attempt(placed, () => {
    file.target = writer.create(placed);
  });
}

function takePiece(message: RestoreMessage & { kind: 'large-piece' }): void {
  if (large?.target === undefined) return;
  const file = large;
  const { placed } = file;
  try {
    const bytes = message.isCompressed
      ? inflateMember(asBuffer(message.bytes))
      : asBuffer(message.bytes);
    const room = storedContentBytes(placed.entry) - file.written;
    const content = bytes.subarray(message.skip, message.skip + room);
    file.hash.update(content);
    writeExtents(file.target?.fd ?? -1, placed.entry, content, file.written);
    file.written += content.length;
  } catch (error) {
    dropLarge(file, toAppError(error).message);
    throwIfFatal(error);
  }
}

function dropLarge(file: LargeFile, reason: string): void {
  if (file.target !== undefined) writer.discard(file.placed.path, file.target);
  file.target = undefined;
  writer.fail(file.placed.entry, reason);
}

function endLarge(isAborted: boolean): void {
  const file = large;
  large = undefined;
  if (file?.target === undefined) return;
  const { entry } = file.placed;
  if (isAborted) {
    dropLarge(file, 'its stored bytes could not be read');
    return;
  }
  if (file.written !== storedContentBytes(entry) || file.hash.digest('hex') !== entry.sha256) {
    dropLarge(file, 'its stored bytes are damaged (SHA-256 differs): nothing was written');
    return;
  }
  const target = file.target;
  writer.attempt(file.placed, () => {
    setLength(target.fd, entry);
    writer.publish(file.placed, target, file.written);
  });
}

/** Each by itself: one that fails is listed, the others go on. */
function each<One extends Placed>(all: readonly One[], act: (one: One) => void): void {
  for (const one of all) {
    writer.attempt(one, () => {
      act(one);
    });
  }
}

function handle(message: RestoreMessage): void {
  switch (message.kind) {
    case 'directories':
      each(message.directories, ({ path }) => {
        writer.makeDirectory(path);
      });
      return;
    case 'tidy':
      for (const path of message.paths) writer.tidy(path);
      return;
    case 'files':
      restoreFiles(message);
      return;
    case 'large-begin':
      beginLarge(message.file);
      return;
    case 'large-piece':
      takePiece(message);
      return;
    case 'large-end':
      endLarge(message.isAborted);
      return;
    case 'others':
      each(message.others, (other) => {
        writer.makeOther(other, other.linkPath);
      });
      return;
    case 'delete-others':
      writer.deleteOthers(message.path, new Set(message.keep));
      return;
    case 'remove-made':
      each(message.made, (placed) => {
        writer.removeMade(placed, message.isForced);
      });
      return;
    case 'finish-directories':
      each(message.directories, (placed) => {
        writer.finishDirectory(placed);
      });
  }
}

type Message = typeof END_THREAD | { id: number; request: RestoreMessage };

parentPort?.on('message', (message: Message) => {
  if (message === END_THREAD) {
    writer.close();
    parentPort?.close();
    return;
  }
  const { id, request } = message;
  writer.answer = emptyAnswer();
  try {
    handle(request);
    const ok = writer.answer;
    const memory = 'bytes' in request ? request.bytes.buffer : undefined;
    if (memory instanceof ArrayBuffer && memory.byteLength > 0) ok.buffer = memory;
    const answer: ThreadAnswer<RestoreAnswer> = { id, ok };
    parentPort?.postMessage(answer, ok.buffer === undefined ? [] : [ok.buffer]);
  } catch (error) {
    const failure = toAppError(error);
    parentPort?.postMessage({
      id,
      error: { kind: failure.kind, code: failure.code, message: failure.message },
    } satisfies ThreadAnswer<RestoreAnswer>);
  }
});
