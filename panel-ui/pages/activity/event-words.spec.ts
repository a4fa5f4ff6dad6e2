import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { projectFile } from '../../../daemon/platform/project-files.js';
import { actionText } from './event-words.js';

/** Every action that is recorded somewhere, as far as it stands there as a text. */
function recordedActions(): string[] {
  const files = readdirSync(projectFile('daemon'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .map((file) => readFileSync(projectFile('daemon', file), 'utf8'));
  const calls = files.flatMap((text) => [...text.matchAll(/\.record(?:Each)?\(([^;]*)/g)]);
  const named = calls.flatMap(([, given = '']) => [...given.matchAll(/'([a-z-]+\.[a-z-]+)'/g)]);
  return [...new Set(named.map(([, action = '']) => action))];
}

describe('actionText', () => {
  it.each(recordedActions())('has words for %s', (action) => {
    expect(actionText(action)).toMatch(/^[A-Z]/);
  });

  it('finds what is recorded', () => {
    expect(recordedActions()).toEqual(expect.arrayContaining(['job.created', 'hook.enabled', 'account.gone', 'snapshot.noted'])); // prettier-ignore
  });

  it('says what it does not know as it is', () => {
    expect(actionText('thing.was-\u202edone')).toBe('thing was \\u202edone');
  });
});
