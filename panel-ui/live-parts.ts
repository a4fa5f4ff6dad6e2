/**
 * Sends parts of a page as they change: server-sent events whose data is the HTML that polling would
 * have fetched. Only so many watch at once; whoever finds no place polls.
 */
import { setTimeout as setTimeoutAsync } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { Bell, hasRoom, startEvents } from '../daemon/api/event-stream.js';
import { AppError } from '../daemon/platform/errors.js';
import { t } from '../daemon/platform/messages.js';
import { RunEvents } from '../daemon/runs/run-events.js';
import type { Exchange } from './panel-pages.js';

/** How often a part is made anew at most. */
const EVERY_MS = 400;
const BEAT_MS = 15_000;
/** Then the browser connects again. */
const LONGEST_MS = 5 * 60_000;
const MOST = 200;
const MOST_OF_ONE = 6;

/** What a page that is being watched looks like now. */
export interface LiveParts {
  /** HTML by the name of the part. */
  parts: Record<string, string>;
  /** Nothing of it will change any more. */
  isOver: boolean;
}

@Injectable()
export class LiveStreams {
  private readonly watchers = new Map<string, number>();
  private all = 0;

  constructor(private readonly events: RunEvents) {}

  /**
   * Until it is over, the browser is gone or five minutes have passed. `runId`: only its changes
   * count. Throws `live.too-many`.
   */
  async stream(
    { request, response }: Exchange,
    look: () => Promise<LiveParts>,
    runId?: number,
  ): Promise<void> {
    const leave = this.enter(request.actor?.label ?? '');
    const bell = new Bell();
    const unsubscribe = this.events.subscribe((changed) => {
      if (runId === undefined || changed === runId) bell.ring();
    });
    response.on('close', () => {
      bell.ring();
    });
    try {
      await send(response, look, bell);
    } finally {
      unsubscribe();
      leave();
      response.end();
    }
  }

  private enter(who: string): () => void {
    const own = this.watchers.get(who) ?? 0;
    if (own >= MOST_OF_ONE || this.all >= MOST) {
      const message = t(
        'Too many pages are watched at once; this one asks again every second instead.',
      );
      throw new AppError('conflict', 'live.too-many', message);
    }
    this.watchers.set(who, own + 1);
    this.all += 1;
    return () => {
      const left = (this.watchers.get(who) ?? 1) - 1;
      if (left === 0) this.watchers.delete(who);
      else this.watchers.set(who, left);
      this.all -= 1;
    };
  }
}

async function send(response: Response, look: () => Promise<LiveParts>, bell: Bell): Promise<void> {
  startEvents(response);
  const longest = AbortSignal.timeout(LONGEST_MS);
  const sent = new Map<string, string>();
  while (!response.destroyed && !longest.aborted) {
    const { parts, isOver } = await look();
    for (const [name, html] of Object.entries(parts)) {
      if (sent.get(name) === html) continue;
      sent.set(name, html);
      await write(response, 'part', { name, html });
    }
    if (isOver) break;
    await setTimeoutAsync(EVERY_MS);
    if (!(await bell.rung(BEAT_MS))) await write(response, 'beat', {});
  }
  if (!longest.aborted) await write(response, 'end', {});
}

async function write(response: Response, event: string, data: object): Promise<void> {
  if (response.destroyed) return;
  response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  await hasRoom(response);
}
