/**
 * Worker threads that answer one message with one message. The caller decides how much is under
 * way; a thread that dies fails everything it was asked.
 */
import { Worker, type Transferable } from 'node:worker_threads';
import { existsSync } from 'node:fs';
import { AppError, toAppError, type ErrorKind } from '../platform/errors.js';
import { returnFreedMemory } from '../platform/process-calls.js';

/** Buffers are young objects: a small young generation frees them soon. */
const YOUNG_GENERATION_MB = 4;

/** Tells a thread to end itself. */
export const END_THREAD = 'end';
/** One that does not is stuck in the kernel. */
const MAX_END_MS = 30_000;

export interface ThreadError {
  kind: ErrorKind;
  code: string;
  message: string;
}

export type ThreadAnswer<Response> =
  { id: number; ok: Response } | { id: number; error: ThreadError };

interface Pending<Response> {
  resolve: (response: Response) => void;
  reject: (error: unknown) => void;
}

interface Thread<Response> {
  worker: Worker;
  exited: Promise<unknown>;
  pending: Map<number, Pending<Response>>;
}

export class ThreadPool<Request, Response> {
  /** Each is started when it is asked first: nothing may have to be done at all. */
  private readonly threads: (Thread<Response> | undefined)[];
  private nextId = 0;

  /** `entry` is the thread's module beside the caller's, as `./capture-thread.js`. */
  constructor(
    private readonly entry: URL,
    readonly size: number,
    private readonly workerData: unknown,
  ) {
    returnFreedMemory();
    this.threads = Array.from({ length: size });
  }

  /** The thread with the least to do; one that was not started counts as having `unstarted`. */
  idlest(unstarted = 0): number {
    const loads = this.threads.map((thread) => thread?.pending.size ?? unstarted);
    return loads.indexOf(Math.min(...loads));
  }

  submit(request: Request, transfer: Transferable[] = []): Promise<Response> {
    return this.submitTo(this.idlest(), request, transfer);
  }

  /** Asks a thread that was started already, if there is one: to start another takes as long as some
   * thousand calls. */
  submitLight(request: Request): Promise<Response> {
    return this.submitTo(this.idlest(Infinity), request);
  }

  /** Asks one thread; its answers come in the order it was asked. */
  submitTo(index: number, request: Request, transfer: Transferable[] = []): Promise<Response> {
    if (index >= this.size) throw new Error(`There is no thread ${index}.`);
    const thread = (this.threads[index] ??= this.start());
    this.nextId += 1;
    const id = this.nextId;
    return new Promise<Response>((resolve, reject) => {
      thread.pending.set(id, { resolve, reject });
      thread.worker.postMessage({ id, request }, transfer);
    });
  }

  /** Threads end themselves when they have answered: to stop one from outside in the middle of a
   * native call, or while it loads, ends the whole process. */
  async close(): Promise<void> {
    const ends = this.threads.map(async (thread) => {
      if (thread === undefined) return;
      const { worker, exited } = thread;
      worker.postMessage(END_THREAD);
      const timer = setTimeout(() => void worker.terminate(), MAX_END_MS);
      await exited;
      clearTimeout(timer);
    });
    await Promise.all(ends);
  }

  private start(): Thread<Response> {
    // Descriptors are shared with the main thread: a thread may close what another opened.
    const worker = new Worker(this.entry, {
      workerData: this.workerData,
      trackUnmanagedFds: false,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    const thread: Thread<Response> = { worker, exited, pending: new Map() };
    const failAll = (error: unknown): void => {
      for (const pending of thread.pending.values()) pending.reject(error);
      thread.pending.clear();
    };
    worker.on('message', (answer: ThreadAnswer<Response>) => {
      const pending = thread.pending.get(answer.id);
      thread.pending.delete(answer.id);
      if ('ok' in answer) pending?.resolve(answer.ok);
      else {
        pending?.reject(new AppError(answer.error.kind, answer.error.code, answer.error.message));
      }
    });
    worker.on('error', (error) => {
      failAll(toAppError(error));
    });
    worker.on('exit', () => {
      failAll(new AppError('cancelled', 'run.cancelled', 'The work was stopped.'));
    });
    return thread;
  }
}

/**
 * The compiled module of a thread or process, also when the caller runs from source (tests do, after
 * a build): Node cannot start a thread from TypeScript.
 */
export function compiledEntry(callerUrl: string, relative: string): URL {
  const entry = new URL(relative, callerUrl);
  if (existsSync(entry)) return entry;
  const root = new URL('../../', import.meta.url);
  return new URL(entry.href.replace(root.href, `${root.href}dist/`));
}
