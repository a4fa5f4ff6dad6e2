import { setTimeout as sleep } from 'node:timers/promises';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../testing/temp-dir.js';
import { AppError } from './errors.js';
import { CommandError, run } from './processes.js';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function pidIn(file: string): Promise<number> {
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (/^\d+\n$/.test(text)) return Number(text);
    await sleep(10);
  }
}

async function untilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await sleep(10);
}

describe('run', () => {
  it('captures what a program prints and takes no argument for shell syntax', async () => {
    const result = await run('printf', ['%s\n', '$(id); `id` "*"', 'ä']);
    expect(result).toMatchObject({ exitCode: 0, isTruncated: false, stderr: '' });
    expect(result.stdout.toString()).toBe('$(id); `id` "*"\nä\n');
  });

  it('keeps bytes that are not text', async () => {
    const { stdout } = await run('printf', ['\\377\\000\\n']);
    expect([...stdout]).toEqual([255, 0, 10]);
  });

  it('gives the program a small environment and not ours', async () => {
    process.env['HOLDFAST_SPEC_SECRET'] = 'hunter2';
    const { stdout } = await run('env', [], { env: { WANTED: 'yes' } });
    delete process.env['HOLDFAST_SPEC_SECRET'];
    const names = stdout
      .toString()
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(names.sort()).toEqual(['LC_ALL', 'PATH', 'WANTED']);
  });

  it.each([
    ['text', 'hunter2'],
    ['bytes', Buffer.from('hunter2')],
    ['a stream', Readable.from([Buffer.from('hun'), Buffer.from('ter2')])],
  ])('feeds %s to standard input', async (_name, input) => {
    expect((await run('cat', [], { input })).stdout.toString()).toBe('hunter2');
  });

  it('gives an empty standard input otherwise', async () => {
    expect((await run('cat', [])).stdout.toString()).toBe('');
  });

  it('does not mind a program that leaves its input unread', async () => {
    await expect(run('true', [], { input: 'x'.repeat(1_000_000) })).resolves.toMatchObject({
      exitCode: 0,
    });
  });

  it('bounds what it keeps: the start of stdout, the end of stderr', async () => {
    const script = 'seq 1 100000; seq 1 100000 >&2; echo last >&2; exit 3';
    const options = { maxOutputBytes: 1000, expectedExitCodes: [3] };
    const result = await run('sh', ['-c', script], options);
    expect(result.stdout).toHaveLength(1000);
    expect(result.stdout.toString().startsWith('1\n2\n3\n')).toBe(true);
    expect(result.isTruncated).toBe(true);
    expect(result.stderr.endsWith('100000\nlast\n')).toBe(true);
    expect(result.stderr.length).toBeLessThanOrEqual(1000);
  });

  it('tells of a failure with the exit code and the last line', async () => {
    const failing = run('sh', ['-c', 'echo first >&2; echo no space left >&2; exit 7']);
    const error = await failing.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CommandError);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({
      kind: 'source',
      code: 'command.failed',
      exitCode: 7,
      message: 'sh failed with exit code 7: no space left',
      details: { command: 'sh', exitCode: 7, output: 'first\nno space left\n' },
    });
  });

  it('uses the kind it is told', async () => {
    await expect(run('false', [], { failureKind: 'destination' })).rejects.toMatchObject({
      kind: 'destination',
    });
  });

  it('takes expected exit codes for success', async () => {
    const result = await run('sh', ['-c', 'exit 1'], { expectedExitCodes: [0, 1] });
    expect(result.exitCode).toBe(1);
  });

  it('names a program that is not there, or is no program', async () => {
    await expect(run('holdfast-no-such-program', [])).rejects.toMatchObject({
      code: 'command.missing',
    });
    await expect(run('/etc/passwd', [])).rejects.toMatchObject({ code: 'command.not-started' });
  });

  it('tells a missing directory from a missing program', async () => {
    await expect(run('true', [], { cwd: '/no/such/directory' })).rejects.toMatchObject({
      code: 'command.not-started',
    });
  });

  it('names the signal that ended a program', async () => {
    await expect(run('sh', ['-c', 'kill -TERM $$'])).rejects.toMatchObject({
      code: 'command.killed',
      message: 'sh was ended by SIGTERM.',
    });
  });

  it('kills the whole group on abort', async () => {
    const file = join(await tempDir(), 'pid');
    const stop = new AbortController();
    const script = 'sleep 1000 & echo $! > "$0"; wait';
    const running = run('sh', ['-c', script, file], { signal: stop.signal });
    const grandchild = await pidIn(file);
    stop.abort();
    await expect(running).rejects.toMatchObject({ kind: 'cancelled' });
    await untilGone(grandchild);
  });

  it('does not start when aborted already', async () => {
    const file = join(await tempDir(), 'made');
    const running = run('touch', [file], { signal: AbortSignal.abort() });
    await expect(running).rejects.toMatchObject({ kind: 'cancelled' });
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    ['ended', 'exit 0', /^fine$/],
    ['took too long', 'exec sleep 1000', /did not finish within 1 s/],
  ])('%s: does not wait for what escaped its group and holds its output', async (_, end, how) => {
    const file = join(await tempDir(), 'pid');
    const script = `setsid sh -c 'echo $$ > "$0"; exec sleep 1000' "$0" & ${end}`;
    const ended = run('sh', ['-c', script, file], { timeoutMs: 1_000 }).then(
      () => 'fine',
      (error: unknown) => String(error),
    );
    const escaped = await pidIn(file);
    try {
      expect(await ended).toMatch(how);
    } finally {
      process.kill(escaped, 'SIGKILL');
    }
  });

  it('keeps both streams together when asked', async () => {
    const failing = run('sh', ['-c', 'echo one; echo two >&2; echo three; exit 1'], { isMerged: true }); // prettier-ignore
    await expect(failing).rejects.toMatchObject({
      message: expect.stringContaining('failed with exit code 1') as string,
      details: { output: expect.stringMatching(/^(?=[^]*one)(?=[^]*two)(?=[^]*three)/) as string },
    });
  });

  it('stops what takes too long, even when it ignores polite signals', async () => {
    const script = 'trap "" TERM INT HUP; while :; do sleep 1; done';
    await expect(run('sh', ['-c', script], { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'command.timed-out',
      message: 'sh did not finish within 0.2 s and was stopped.',
    });
  });
});
