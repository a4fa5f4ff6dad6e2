/**
 * Tells live pages, SSE streams and waiting callers that a run changed. In this process only; the
 * rows stay the truth, and a listener reads them again when it is told. Also holds the newest
 * progress of each working task, which is fresher than the one in its row.
 */
import { Injectable } from '@nestjs/common';
import { speaking } from '../platform/messages.js';
import type { Progress } from '../engine/types.js';
import { createThrottle, type Throttle } from './throttle.js';

/** At most four progress notices a second for each run; changes of state are told at once. */
const NOTICE_INTERVAL_MS = 250;

export type RunListener = (runId: number) => void;

@Injectable()
export class RunEvents {
  private readonly listeners = new Set<RunListener>();
  private readonly progress = new Map<number, Progress>();
  private readonly throttles = new Map<number, Throttle<number>>();

  /** Calls back with the id of every run that changed, until the returned function is called. */
  subscribe(listener: RunListener): () => void {
    // A wrapper, so that the same function may be subscribed twice.
    const own: RunListener = (runId) => {
      listener(runId);
    };
    this.listeners.add(own);
    return () => {
      this.listeners.delete(own);
    };
  }

  /** A run or one of its tasks changed its state: told at once. */
  changed(runId: number): void {
    this.throttles.get(runId)?.stop();
    this.tell(runId);
  }

  /** A run is over; nothing of it is kept. */
  finished(runId: number): void {
    this.changed(runId);
    this.throttles.delete(runId);
  }

  /** A task got further, or the run's log grew: told soon. */
  moved(runId: number): void {
    let throttle = this.throttles.get(runId);
    if (throttle === undefined) {
      throttle = createThrottle(NOTICE_INTERVAL_MS, (id) => {
        this.tell(id);
      });
      this.throttles.set(runId, throttle);
    }
    throttle.offer(runId);
  }

  setProgress(runId: number, taskId: number, progress: Progress): void {
    this.progress.set(taskId, progress);
    this.moved(runId);
  }

  clearProgress(taskId: number): void {
    this.progress.delete(taskId);
  }

  /** The newest progress of a task that is at work. */
  progressOf(taskId: number): Progress | undefined {
    return this.progress.get(taskId);
  }

  private tell(runId: number): void {
    for (const listener of [...this.listeners]) {
      try {
        // What follows is the daemon's own work, whoever's request changed the run.
        speaking('en', () => listener(runId));
      } catch {
        // A listener is a page or a stream that may be gone; its failure is not the run's.
      }
    }
  }
}
