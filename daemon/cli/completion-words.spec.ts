import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { complete, NAMED } from './completion-words.js';
import { createProgram } from './program.js';
import { Terminal } from './terminal.js';

const program = createProgram(new Terminal(process, false), '0');

const values = (...words: string[]): string[] => complete(program, words).candidates.map(({ value }) => value); // prettier-ignore
const names = (...words: string[]) => complete(program, words).names;

describe('completion', () => {
  it.each([
    [['job', 'show', ''], 'job'],
    [['job', 'show', '--json', 'ni'], 'job'],
    [['--home', '/x', 'job', 'remove', ''], 'job'],
    [['job', 'show', '--', '-x'], 'job'],
    [['job', 'show', 'nightly', ''], undefined],
    [['job', 'add', ''], undefined],
    [['job', 'add', 'x', '--destination', ''], 'destination'],
    [['job', 'run', '--schedule', ''], 'schedule'],
    [['schedule', 'add', ''], 'job'],
    [['schedule', 'add', '--after', ''], 'job'],
    [['snapshot', 'remove', ''], 'snapshot'],
    [['restore', ''], 'snapshot'],
    [['restore', 'x', '--confirm', ''], undefined],
    [['restore', 'x', '--into-account', ''], 'account'],
    [['verify', ''], 'snapshot'],
    [['diff', 'x', ''], 'snapshot'],
    [['undo', ''], 'run'],
    [['user', 'disable', ''], 'user'],
    [['token', 'add', '--user', ''], 'user'],
    [['destination', 'add', 'ssh', 'x', '--user', ''], undefined],
    [['permission', 'explain', ''], 'account'],
    [['prune', ''], 'destination'],
  ])('%j asks for names of: %s', (words, kind) => {
    expect(names(...words)).toBe(kind);
  });

  it('knows what options have said before', () => {
    const { given } = complete(program, ['snapshot', 'list', '--account=a', '--home', '/x', '']);
    expect([given.get('account'), given.get('home')]).toEqual(['a', '/x']);
  });

  it('offers choices, of options and of operands', () => {
    expect(values('permission', 'set', 'x', '')).toEqual(['yes', 'no', 'never', 'inherit']);
    expect(values('activity', 'export', '--format', '')).toEqual(['csv', 'jsonl']);
    const joined = complete(program, ['activity', 'export', '--format=c']);
    expect([joined.before, joined.start]).toEqual(['--format=', 'c']);
    expect(complete(program, ['init', '--accounts', '']).areFiles).toBe(true);
  });

  it('knows every command and option there is, but hidden ones', () => {
    const walk = (command: Command, path: string[]): void => {
      const shown = command.commands.filter((one) => one.name() !== '__complete');
      if (shown.length > 0) expect(values(...path, '')).toEqual(expect.arrayContaining(shown.map((one) => one.name()))); // prettier-ignore
      const options = command.options.filter(({ hidden }) => !hidden).map(({ long }) => long);
      expect(values(...path, '-')).toEqual(
        expect.arrayContaining([...options, '--home', '--json']),
      );
      for (const one of shown) walk(one, [...path, one.name()]);
    };
    walk(program, []);
    expect(values('')).not.toContain('__complete');
  });

  it('is asked for each kind of names by some command', () => {
    const kinds = new Set<string | undefined>();
    const walk = (command: Command, path: string[]): void => {
      command.registeredArguments.forEach((_, index) => kinds.add(names(...path, ...Array.from({ length: index }, () => 'x'), ''))); // prettier-ignore
      for (const one of command.commands) walk(one, [...path, one.name()]);
    };
    walk(program, []);
    expect([...kinds].filter((kind) => kind !== undefined).toSorted()).toEqual([...NAMED]);
  });
});
