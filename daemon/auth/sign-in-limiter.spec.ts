import { expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.js';
import { delayAfter, SignInLimiter } from './sign-in-limiter.js';

const SECOND = 1000;

function failTimes(
  limiter: SignInLimiter,
  times: number,
  name = 'bob',
  address = '10.0.0.1',
): void {
  for (let attempt = 0; attempt < times; attempt += 1) limiter.begin(name, address);
}

it('waits longer after each failure from the fifth on, up to an hour', () => {
  expect([1, 4, 5, 6, 7, 12, 40].map((failures) => delayAfter(failures) / SECOND)).toEqual([
    0, 0, 30, 60, 120, 3600, 3600,
  ]);
});

it('refuses the sixth attempt until the wait is over', () => {
  const clock = new FakeClock();
  const limiter = new SignInLimiter(clock);
  failTimes(limiter, 5);
  const refused = expect.objectContaining({
    code: 'auth.too-many-attempts',
    details: { retryAfterSeconds: 30 },
  }) as Error;
  expect(() => {
    limiter.begin('BOB', '10.0.0.1');
  }).toThrow(refused);
  clock.advanceMs(30 * SECOND - 1);
  expect(() => {
    failTimes(limiter, 1);
  }).toThrow('in 1 seconds');
  clock.advanceMs(1);
  failTimes(limiter, 1);
  expect(() => {
    failTimes(limiter, 1);
  }).toThrow('in 60 seconds');
});

it('keeps other names and other addresses out of it', () => {
  const limiter = new SignInLimiter(new FakeClock());
  failTimes(limiter, 5);
  failTimes(limiter, 5, 'bob', '10.0.0.2');
  failTimes(limiter, 5, 'eve');
});

it('forgets the failures once it was right', () => {
  const limiter = new SignInLimiter(new FakeClock());
  failTimes(limiter, 4);
  limiter.succeed('bob', '10.0.0.1');
  failTimes(limiter, 5);
});

it('remembers only so many, and forgets the oldest first', () => {
  const limiter = new SignInLimiter(new FakeClock());
  failTimes(limiter, 5, 'first');
  failTimes(limiter, 5, 'second');
  for (let index = 0; index < 9_999; index += 1) limiter.begin(`name${String(index)}`, '10.0.0.9');
  failTimes(limiter, 1, 'first');
  expect(() => {
    failTimes(limiter, 1, 'name9998', '10.0.0.9');
    failTimes(limiter, 5, 'name9998', '10.0.0.9');
  }).toThrow('Too many failed attempts');
});
