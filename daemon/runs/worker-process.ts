/**
 * Runs one piece of work in a worker process and answers what the worker answered. The worker dies
 * alone: whatever happens to it becomes an error here, and nothing of it outlives the call.
 * Stopping: a message, then SIGTERM, then SIGKILL to its whole process group.
 */
import { cancelled, AppError } from '../platform/errors.js';
import { forkWorker, type WorkerExit, type WorkerProcess } from '../platform/worker-processes.js';
import type { Progress } from '../engine/types.js';
import { fromWorkError } from './outcome.js';
import type {
  BackupOrder,
  FromWorker,
  HistoryOrder,
  TargetEnd,
  ToWorker,
  WorkBatch,
  WorkOrder,
  WorkResults,
} from './worker-protocol.js';

export type WorkResult = WorkResults[keyof WorkResults];

/** What a worker must do, and who listens meanwhile. */
export interface WorkerJob {
  order: WorkOrder | BackupOrder | HistoryOrder;
  /** Its abort stops the worker. */
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
  onLog: (level: 'info' | 'warn' | 'error', message: string, target?: number) => void;
  /** Of a backup: this target has ended. */
  onTarget?: (target: number, end: TargetEnd) => void;
  /** One after the other; the worker waits for each. A failure stops the worker and is the job's. */
  onBatch?: (batch: WorkBatch) => Promise<void>;
}

export interface StopDelays {
  /** From asking to SIGTERM. */
  termAfterMs: number;
  /** From SIGTERM to SIGKILL. */
  killAfterMs: number;
}

/**
 * A worker handles large buffers behind small objects: a small young generation frees them soon, and
 * threads that collect beside it come too late where processors are busy. What they have not freed
 * yet counts as full, and everything is collected again.
 */
export const WORKER_NODE_ARGS = ['--max-semi-space-size=2', '--single-threaded-gc'];

export const WORKER_ENVIRONMENT = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };

const STOP_DELAYS: StopDelays = { termAfterMs: 5_000, killAfterMs: 2_000 };
/** How long a worker may take to exit once it has answered. */
const EXIT_GRACE_MS = 10_000;

type Answer = Extract<FromWorker, { type: 'done' } | { type: 'failed' }>;

/**
 * Resolves with the result, or rejects with the worker's own error, `worker.died` when it ended
 * without an answer, or `cancelled` when the signal had aborted before it began. When the signal
 * aborts meanwhile it settles as the worker did: what was finished by then is a result.
 */
export async function runWorker(
  modulePath: string,
  job: WorkerJob,
  delays: StopDelays = STOP_DELAYS,
): Promise<WorkResult> {
  if (job.signal.aborted) throw cancelled('The task');
  let answer: Answer | undefined;
  let batchFailure: { error: unknown } | undefined;
  let dealing: Promise<unknown> = Promise.resolve();
  const deal = (batch: WorkBatch): void => {
    dealing = (job.onBatch?.(batch) ?? Promise.resolve()).then(
      () => worker.send({ type: 'continue' }),
      (error: unknown) => {
        batchFailure ??= { error };
        worker.kill();
      },
    );
  };
  const timers = new Set<NodeJS.Timeout>();
  const worker = forkWorker<ToWorker, FromWorker>(modulePath, {
    nodeArgs: WORKER_NODE_ARGS,
    // The S3 client warns of Node 20 in every process that loads it; package.json says what we run on.
    env: WORKER_ENVIRONMENT,
    onMessage: (message) => {
      if (message.type === 'progress') job.onProgress(message.progress);
      else if (message.type === 'log') job.onLog(message.level, message.message, message.target);
      else if (message.type === 'target') job.onTarget?.(message.target, message.end);
      else if (message.type === 'batch') deal(message.batch);
      else {
        answer ??= message;
        timers.add(setTimeout(worker.kill, EXIT_GRACE_MS));
      }
    },
  });
  const onAbort = (): void => {
    stop(worker, delays, timers);
  };
  job.signal.addEventListener('abort', onAbort, { once: true });
  worker.send({ type: 'start', order: job.order });
  const exit = await worker.exited;
  job.signal.removeEventListener('abort', onAbort);
  for (const timer of timers) clearTimeout(timer);

  await dealing;
  if (batchFailure !== undefined) throw batchFailure.error;
  if (answer === undefined) throw workerDied(exit);
  if (answer.type === 'done') return answer.result;
  throw fromWorkError(answer.error);
}

function stop(
  worker: WorkerProcess<ToWorker>,
  delays: StopDelays,
  timers: Set<NodeJS.Timeout>,
): void {
  worker.send({ type: 'cancel' });
  const term = setTimeout(() => {
    worker.kill('SIGTERM');
    timers.add(setTimeout(worker.kill, delays.killAfterMs));
  }, delays.termAfterMs);
  timers.add(term);
}

function workerDied({ exitCode, signal, output }: WorkerExit): AppError {
  const how =
    signal === null ? `ended with exit code ${String(exitCode)}` : `was ended by ${signal}`;
  const isOutOfMemory = signal === 'SIGKILL' || output.includes('heap out of memory');
  const hint = isOutOfMemory ? '; the system may have run out of memory' : '';
  return new AppError(
    'bug',
    'worker.died',
    `The worker process ${how} before it was done${hint}.`,
    {
      details: { exitCode, signal, output: output.slice(-2_000) },
      isRetryable: true,
    },
  );
}
