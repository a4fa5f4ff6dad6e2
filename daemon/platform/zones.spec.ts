import { expect, it } from 'vitest';
import { currentZone, inZone, isZone } from './zones.js';

it.each([
  ['Europe/Berlin', true],
  ['UTC', true],
  ['America/Argentina/Buenos_Aires', true],
  ['Nowhere/City', false],
  ['+02:00', false],
  ['', false],
  ['<script>', false],
  ['x'.repeat(5_000), false],
  [undefined, false],
])('%s: %s', (name, isKnown) => {
  expect(isZone(name)).toBe(isKnown);
});

it('holds within, and after waiting', async () => {
  await inZone('Asia/Tokyo', async () => {
    await Promise.resolve();
    expect(currentZone()).toBe('Asia/Tokyo');
  });
  expect(currentZone()).toBe('UTC');
});
