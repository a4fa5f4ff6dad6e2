/**
 * Runs the program of a hook: with its arguments, a JSON document on stdin, the minimal environment, a
 * time limit, and a process group that dies with it. How it went is a value; only being cancelled throws.
 */
import { CommandError, run } from '../platform/processes.js';
import { programProblem } from '../platform/trusted-program.js';
import type { Hook, HookMoment, HookSubject } from './hook.entity.js';

/** What a hook reads on its standard input. Fields are only ever added. */
export interface HookDocument {
  moment: HookMoment;
  subject: HookSubject;
  /** An admin tries the hook; nothing else happens. */
  isTest: boolean;
  run: { id: number; kind: string; trigger: string; requestedBy: string } | null;
  job: { id: string; name: string } | null;
  account: { id: string; name: string; user: string; uid: number; home: string } | null;
  destinations: { id: string; name: string }[];
  /** Of a restore; `undoOf`: the run that it takes back, from a safety snapshot if anything was kept. */
  restore: {
    snapshotId: string | null;
    target: unknown;
    selection: unknown;
    undoOf: number | null;
  } | null;
  /** Of what the hook runs after; `queued`: it will be tried again. */
  outcome: HookOutcome | null;
}

export interface HookOutcome {
  state: string;
  error: string | null;
  tasks: {
    accountId: string | null;
    destinationId: string;
    snapshotId: string | null;
    state: string;
    error: string | null;
  }[];
}

export interface HookEnd {
  isOk: boolean;
  /** Why not, in a sentence with the last line of its output; '' when it went well. */
  problem: string;
  /** The end of what it printed, by lines. */
  output: string[];
}

const MAX_OUTPUT_BYTES = 4096;
const MAX_LINES = 50;

export async function runHook(
  hook: Pick<Hook, 'name' | 'program' | 'args' | 'timeoutSeconds'>,
  document: HookDocument,
  signal?: AbortSignal,
): Promise<HookEnd> {
  const { name, program, args, timeoutSeconds } = hook;
  const untrusted = await programProblem(program);
  if (untrusted !== undefined) {
    return { isOk: false, problem: `The hook "${name}" was not run: ${untrusted}`, output: [] };
  }
  try {
    const { stderr } = await run(program, args, {
      ...{ cwd: '/', input: `${JSON.stringify(document)}\n`, isMerged: true },
      ...{ timeoutMs: timeoutSeconds * 1_000, maxOutputBytes: MAX_OUTPUT_BYTES },
      ...(signal === undefined ? {} : { signal }),
    });
    return { isOk: true, problem: '', output: linesOf(stderr) };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const output = linesOf(String(error.details['output']));
    return { isOk: false, problem: problemText(name, error, output), output };
  }
}

/** A failure's own sentence has the last line already; one about the time has not. */
function problemText(name: string, { code, message }: CommandError, output: string[]): string {
  const last = output.at(-1);
  const said = code === 'command.timed-out' && last !== undefined ? ` It said last: ${last}` : '';
  return `The hook "${name}" failed: ${message}${said}`;
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-MAX_LINES);
}
