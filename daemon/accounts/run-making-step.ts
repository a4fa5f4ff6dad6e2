/** Runs one program that makes an account: its arguments as they stand, no shell. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../platform/processes.js';
import { PASSWORD_FILE, type MakingStep } from './recreation-plan.js';

/** A panel configures a web server, mail and DNS. */
const TIMEOUT_MS = 600_000;

/** Throws with the last line that it printed when it fails. */
export async function runMakingStep({ program, args }: MakingStep): Promise<void> {
  const isConfined = /^NoNewPrivs:\s*1$/m.test(await readFile('/proc/self/status', 'utf8'));
  if (!args.includes(PASSWORD_FILE)) {
    await runOutside({ program, args }, isConfined);
    return;
  }
  // HestiaCP takes a file for one with a password only below /tmp; only root can enter the folder.
  const folder = await mkdtemp('/tmp/holdfast-');
  try {
    const file = join(folder, 'password');
    await writeFile(file, `${randomBytes(24).toString('base64url')}aA1\n`, { mode: 0o600, flag: 'wx' }); // prettier-ignore
    const given = args.map((argument) => (argument === PASSWORD_FILE ? file : argument));
    await runOutside({ program, args: given }, isConfined);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The daemon's own unit may not write /etc; systemd starts what has to. */
async function runOutside(step: MakingStep, isConfined: boolean): Promise<void> {
  const { program, args } = isConfined ? asUnit(step) : step;
  await run(program, args, { timeoutMs: TIMEOUT_MS });
}

function asUnit({ program, args }: MakingStep): MakingStep {
  const options = ['--quiet', '--pipe', '--wait', '--collect', '--service-type=exec'];
  return { program: 'systemd-run', args: [...options, '--', program, ...args] };
}
