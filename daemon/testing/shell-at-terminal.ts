/** A real interactive shell at a pseudo-terminal, whose keys are pressed one line at a time. */
import { spawn } from 'node:child_process';

export interface ShellAtTerminal {
  /** Types it and answers all that was shown until `END` was. */
  type(keys: string, end: string): Promise<string>;
  close(): void;
}

export function openShell(
  command: string,
  environment: Record<string, string>,
  cwd: string,
): ShellAtTerminal {
  const child = spawn('script', ['--quiet', '--command', command, '/dev/null'], {
    cwd,
    env: { TERM: 'dumb', LANG: 'C.UTF-8', ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString('utf8')));
  return {
    type: async (keys, end) => {
      const from = shown.length;
      child.stdin.write(keys);
      for (let tries = 0; tries < 600; tries += 1) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        if (shown.includes(end, from)) return shown.slice(from);
      }
      throw new Error(`${end} was not shown, but: ${JSON.stringify(shown.slice(from))}`);
    },
    close: () => {
      child.stdin.end();
      child.kill('SIGKILL');
    },
  };
}
