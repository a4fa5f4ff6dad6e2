/** What streams of server-sent events have in common: how they begin, and when to send again. */
import type { Response } from 'express';
import type { HoldfastRequest } from './request.js';

/** How often it is looked at again who watches. */
const LOOK_MS = 5_000;

/** Ends when who asked is signed out, or the token is taken away. */
export function startEvents(response: Response): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // Proxies that hold answers back would make live progress come in one piece.
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
  const timer = setInterval(() => {
    void endUnlessKnown(response);
  }, LOOK_MS).unref();
  response.on('close', () => {
    clearInterval(timer);
  });
}

async function endUnlessKnown(response: Response): Promise<void> {
  const request: HoldfastRequest = response.req;
  const isKnown = await request.isStillKnown?.().catch(() => false);
  if (isKnown === false) response.destroy();
}

/** Waits for a watcher who reads slowly, so that what it has not read does not pile up in memory. */
export function hasRoom(response: Response): Promise<void> {
  if (!response.writableNeedDrain || response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go).off('close', go);
      resolve();
    };
    response.on('drain', go).on('close', go);
  });
}

/** Remembers a ring that came while nobody waited. */
export class Bell {
  private hasRung = false;
  private wake: (() => void) | undefined;

  ring(): void {
    this.hasRung = true;
    this.wake?.();
  }

  /** False: it did not ring within so many milliseconds. */
  async rung(withinMs?: number): Promise<boolean> {
    if (!this.hasRung) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        if (withinMs !== undefined) timer = setTimeout(resolve, withinMs).unref();
      });
      clearTimeout(timer);
    }
    const { hasRung } = this;
    this.wake = undefined;
    this.hasRung = false;
    return hasRung;
  }
}
