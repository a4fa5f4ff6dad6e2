import { execFile } from 'node:child_process';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { columns } from '../catalogue/columns.js';
import { Job } from '../jobs/job.entity.js';
import { LONG_NASTY, NASTY, RAW } from '../testing/hostile-rows.js';
import { openShell } from '../testing/shell-at-terminal.js';
import { makeTempDir, removeTempDir } from '../testing/temp-dir.js';
import { startTestDaemon } from '../testing/test-daemon.js';
import { needsTool } from '../testing/tools.js';

const run = promisify(execFile);
const CLI = join(import.meta.dirname, '..', '..', 'dist', 'daemon', 'cli.js');

/** Each can be typed, if it is quoted. */
const ODD = ['two words', `it's "so"`, '$(touch made-1)', '`touch made-2`', '; touch made-3 #'];
const NEVER = [NASTY, LONG_NASTY, 'a\nb', 'a\tb', '-rf', ':files', 'x\u202egnp'];

let directory: string;
let stopDaemon: () => Promise<unknown>;
let environment: Record<string, string>;

beforeAll(async () => {
  directory = await makeTempDir();
  const { paths, daemon } = await startTestDaemon(directory);
  stopDaemon = () => daemon.stop();
  const jobs = daemon.app.get(DataSource, { strict: false }).getRepository(Job);
  for (const [index, name] of ['nightly', ...ODD, ...NEVER].entries()) {
    await jobs.insert(columns<Job>(jobNamed(name, index)));
  }
  const program = join(directory, 'holdfast');
  await writeFile(program, `#!/bin/sh\nexec ${process.execPath} ${CLI} "$@"\n`);
  await chmod(program, 0o755);
  const path = `${directory}:${process.env['PATH'] ?? ''}`;
  environment = { PATH: path, HOLDFAST_HOME: paths.home, HOME: directory, TZ: 'UTC' };
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout } = await run(program, ['completion', shell], { env: environment });
    await writeFile(join(directory, `script.${shell}`), stdout);
  }
});

afterAll(async () => {
  await stopDaemon();
  await removeTempDir(directory);
});

function jobNamed(name: string, index: number): object {
  return {
    ...{ id: `odd-${index}`, name, accounts: 'all', structure: 'archived', excludes: [] },
    ...{ useDefaultExcludes: true, skipWordpressCore: false, retries: 1, isEnabled: true },
    createdAt: '2026-11-21T21:45:12.000Z',
  };
}

async function asked(words: string[], home?: string): Promise<string> {
  const env = { ...environment, ...(home === undefined ? {} : { HOLDFAST_HOME: home }) };
  const { stdout, stderr } = await run('holdfast', ['__complete', '--', ...words], { env });
  expect(stderr).toBe('');
  return stdout;
}

const valuesOf = (text: string): string[] => text.split('\n').map((line) => line.split('\t')[0] ?? '').filter((value) => value !== ''); // prettier-ignore

describe('what a shell is told', () => {
  it('are names, of which none can do harm', async () => {
    const text = await asked(['job', 'show', '']);
    expect(valuesOf(text).toSorted()).toEqual(['nightly', ...ODD].toSorted());
    expect(RAW.test(text.replaceAll('\t', ''))).toBe(false);
  });

  it.each([
    [
      ['account', 'show', ''],
      ['anna', 'bob'],
    ],
    [['account', 'sites', 'a'], ['anna']],
    [
      ['snapshot', 'list', '--account', ''],
      ['anna', 'bob'],
    ],
    [['snapshot', 'list', '--account=b'], ['--account=bob']],
    [['job', 'add', ''], []],
    [['permission', 'set', 'snapshots.l'], ['snapshots.lock']],
  ])('%j: %j', async (words, expected) => {
    expect(valuesOf(await asked(words))).toEqual(expected);
  });

  it('is nothing at once when there is no daemon', async () => {
    expect(await asked(['job', 'show', ''], join(directory, 'nowhere'))).toBe('');
    expect(await asked(['--home', join(directory, 'nowhere'), 'job', 'show', ''])).toBe('');
  });
});

describe.skipIf(!needsTool('bash', 'script'))('bash', () => {
  /** What is offered for a command line as bash cuts it into words. */
  async function offered(...words: string[]): Promise<string[]> {
    const text = `. "$1"; shift; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _holdfast
      for word in "\${COMPREPLY[@]}"; do printf '%s\\0' "$word"; done`;
    const args = ['-c', text, 'bash', join(directory, 'script.bash'), 'holdfast', ...words];
    const { stdout } = await run('bash', args, { env: environment, cwd: directory });
    return stdout.split('\0').filter((word) => word !== '');
  }

  it('offers commands, options and what they can be', async () => {
    expect(await offered('jo')).toEqual(['job']);
    expect(await offered('job', 'ma')).toEqual(['matches']);
    expect(await offered('run', 'list', '--st')).toEqual(['--state']);
    expect(await offered('run', 'list', '--kind', '=', 're')).toEqual(['restore', 'remove', 'reindex']); // prettier-ignore
    expect(await offered('snapshot', 'list', '--account', '=')).toEqual(['anna', 'bob']);
    expect(await offered('init', '--accounts', 'accounts.y')).toEqual(['accounts.yaml']);
  });

  it('offers odd names so that they stay one word of text', async () => {
    const words = await offered('job', 'show', '');
    const text = `eval "set -- $1"; printf '%s\\0' "$@"`;
    const { stdout } = await run('bash', ['-c', text, 'bash', words.join(' ')], { cwd: directory });
    expect(stdout.split('\0').slice(0, -1).toSorted()).toEqual(['nightly', ...ODD].toSorted());
    expect(await offered('job', 'show', "'tw")).toEqual([]);
  });

  it('evaluates nothing of what is typed', async () => {
    for (const word of ['$(touch made-4)', '`touch made-5`', "'$(touch made-6)", ';touch made-7']) {
      await offered('job', word, '');
      await offered('init', '--accounts', word);
      await offered(word, '');
    }
    expect((await readdir(directory)).filter((name) => name.startsWith('made-'))).toEqual([]);
  });

  it('completes at a terminal', async () => {
    const shell = openShell(`bash --norc -i`, environment, directory);
    const show = `holdfast() { printf '<%s>' "$@"; echo .; }; . ${directory}/script.bash; PS1=; echo rea''dy\n`;
    await shell.type(show, 'ready');
    expect(await shell.type('holdfast jo\tsho\ttw\t\n', '>.')).toContain('<job><show><two words>.');
    expect(await shell.type('holdfast job show \\$\t\n', '>.')).toContain('<job><show><$(touch made-1)>.'); // prettier-ignore
    shell.close();
    expect((await readdir(directory)).filter((name) => name.startsWith('made-'))).toEqual([]);
  });
});

describe.skipIf(!needsTool('zsh', 'script'))('zsh', () => {
  it('completes at a terminal, odd names quoted', async () => {
    const shell = openShell(`zsh -f -i`, environment, directory);
    await shell.type(
      `autoload -U compinit; compinit -u -D; . ${directory}/script.zsh; PROMPT=; ` +
        `holdfast() { printf '<%s>' "$@"; echo .; }; echo rea''dy\n`,
      'ready',
    );
    expect(await shell.type('holdfast jo\tsho\ttw\t\n', '>.')).toContain('<job><show><two words>.');
    expect(await shell.type('holdfast job show \\$\t\n', '>.')).toContain('<job><show><$(touch made-1)>.'); // prettier-ignore
    expect(await shell.type('holdfast run list --kind=rein\t\n', '>.')).toContain('<--kind=reindex>.'); // prettier-ignore
    expect(
      await shell.type("holdfast job $(touch made-8) \t\u0015echo dro''pped\n", 'dropped'),
    ).toContain('dropped');
    shell.close();
    expect((await readdir(directory)).filter((name) => name.startsWith('made-'))).toEqual([]);
  });
});

describe.skipIf(!needsTool('fish'))('fish', () => {
  async function offered(line: string): Promise<string[]> {
    const text = `source ${directory}/script.fish; complete --do-complete $argv[1]`;
    const { stdout } = await run('fish', ['--no-config', '-c', text, line], { env: environment, cwd: directory }); // prettier-ignore
    return stdout.split('\n').filter((one) => one !== '');
  }

  it('offers commands and names with what they are', async () => {
    expect(await offered('holdfast jo')).toEqual(['job\twhat is backed up, where to and how']);
    expect(valuesOf((await offered('holdfast job show ')).join('\n')).toSorted()).toEqual(['nightly', ...ODD].toSorted()); // prettier-ignore
    expect(await offered('holdfast run list --kind=rein')).toEqual(['--kind=reindex']);
    expect(await offered('holdfast job add ')).toEqual([]);
    expect(await offered('holdfast init --accounts accounts.y')).toEqual(['accounts.yaml']);
  });

  it('evaluates nothing of what is typed', async () => {
    for (const word of ['(touch made-9)', '$(touch made-9)', '"$(touch made-9)']) {
      await offered(`holdfast job ${word} `);
      await offered(`holdfast job ${word}`);
    }
    expect((await readdir(directory)).filter((name) => name.startsWith('made-9'))).toEqual([]);
  });
});
