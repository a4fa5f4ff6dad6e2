import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);

/** Runs a Python script of this folder; resolves with what it printed. */
export async function runPython(script: string, args: string[]): Promise<string> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { stdout } = await execFileAsync('python3', ['-B', path, ...args], {
    maxBuffer: 512 * 1024 * 1024,
  });
  return stdout;
}
