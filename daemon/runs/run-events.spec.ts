import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { currentLanguage, speaking } from '../platform/messages.js';
import { RunEvents } from './run-events.js';

const progress = { phase: 'storing', files: 1, bytes: 2 } as const;

it('tells every listener until it leaves, whatever another one does', () => {
  const events = new RunEvents();
  const told: number[] = [];
  events.subscribe(() => {
    throw new Error('gone');
  });
  const leave = events.subscribe((runId) => told.push(runId));
  events.changed(1);
  leave();
  events.changed(2);
  expect(told).toEqual([1]);
});

it('holds the newest progress and tells of it four times a second, never losing the last', async () => {
  const events = new RunEvents();
  let told = 0;
  events.subscribe(() => (told += 1));
  for (let files = 1; files <= 500; files += 1) events.setProgress(1, 9, { ...progress, files });
  expect(events.progressOf(9)?.files).toBe(500);
  expect(told).toBe(1);
  await sleep(400);
  expect(told).toBe(2);
  events.clearProgress(9);
  expect(events.progressOf(9)).toBeUndefined();
});

it('keeps runs apart: one that is busy does not hold back another', () => {
  const events = new RunEvents();
  const told: number[] = [];
  events.subscribe((runId) => told.push(runId));
  events.moved(1);
  events.moved(1);
  events.moved(2);
  expect(told).toEqual([1, 2]);
});

it('lets what follows speak English, whoever changed the run', async () => {
  const events = new RunEvents();
  const spoken: string[] = [];
  events.subscribe(() => spoken.push(currentLanguage()));
  events.subscribe(() => {
    queueMicrotask(() => spoken.push(currentLanguage()));
  });
  speaking('de', () => events.changed(1));
  await Promise.resolve();
  expect(spoken).toEqual(['en', 'en']);
});
