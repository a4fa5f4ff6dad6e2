import { expect, it } from 'vitest';
import { onceEach } from './once-each.js';

it('tells each message once, and forgets before it fills the memory', () => {
  const told: string[] = [];
  const tell = onceEach((message) => void told.push(message));
  for (const message of ['a', 'b', 'a']) tell(message);
  expect(told).toEqual(['a', 'b']);
  for (let index = 0; index < 10_000; index += 1) tell(String(index));
  tell('a');
  expect(told.at(-1)).toBe('a');
});
