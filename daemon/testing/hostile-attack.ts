/** Runs hostile_attacks.py as the tenant while a test does what it does. Test support. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Identity {
  uid: number;
  gid: number;
}

/** Makes a tree with hostile_trees.py as the tenant. */
export async function makeHostileTree(as: Identity, ...args: (string | number)[]): Promise<void> {
  const program = openScript('hostile_trees.py');
  const child = spawn('python3', ['-B', '-', ...args.map(String)], {
    ...as,
    cwd: '/',
    stdio: [program, 'inherit', 'inherit'],
  });
  closeSync(program);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`hostile_trees.py ${args.join(' ')} failed.`);
}

/** Programs come through stdin: a tenant may not be able to read this folder. */
function openScript(name: string): number {
  return openSync(fileURLToPath(new URL(name, import.meta.url)), 'r');
}

export interface Attack {
  /** Ends it; how often it struck. */
  stop: () => Promise<number>;
}

/** Resolves when the attack is on. */
export async function startAttack(as: Identity, ...args: string[]): Promise<Attack> {
  const program = openScript('hostile_attacks.py');
  const child = spawn('python3', ['-B', '-', ...args], {
    ...as,
    cwd: '/',
    stdio: [program, 'pipe', 'inherit'],
  });
  closeSync(program);
  const { stdout } = child;
  if (stdout === null) throw new Error('The attacker has no voice.');
  let said = '';
  stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'close');
  await Promise.race([once(stdout, 'data'), ended]);
  return {
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      return Number(said.trim().split('\n').at(-1));
    },
  };
}

/** Does `work` under attack; answers its result and how often the attacks struck. */
export async function underAttack<T>(
  as: Identity,
  attacks: string[][],
  work: () => Promise<T>,
): Promise<{ result: T; strikes: number }> {
  const running = await Promise.all(attacks.map((args) => startAttack(as, ...args)));
  try {
    const result = await work();
    return { result, strikes: await stopAll(running) };
  } catch (error) {
    await stopAll(running);
    throw error;
  }
}

async function stopAll(running: Attack[]): Promise<number> {
  const strikes = await Promise.all(running.map((attack) => attack.stop()));
  return strikes.reduce((sum, count) => sum + count, 0);
}
