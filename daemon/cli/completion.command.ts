/**
 * `completion` prints what a shell needs; `__complete` is what that asks at each press of the tab
 * key. What it prints goes to a terminal and into somebody's next command: a name that is not
 * harmless there is left out, and whatever fails says nothing.
 */
import { Argument, type Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { instancePaths } from '../platform/instance.js';
import { projectFile } from '../platform/project-files.js';
import { DaemonClient } from './client.js';
import { namesFor } from './completion-names.js';
import { complete, type Candidate, type NAMED } from './completion-words.js';
import { action, type CommandContext } from './context.js';
import { plain } from './format.js';
import type { Terminal } from './terminal.js';

const SHELLS = ['bash', 'zsh', 'fish'];

/** Somebody waits with a finger on the key. */
const PATIENCE_MS = 1_500;

/** As long as a name of a file may be. */
const MOST_LETTERS = 255;
const MOST_DESCRIPTION = 80;

export function addCompletionCommands(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .description('print the script by which a shell completes commands and names')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action(
      action(terminal, async (_, [shell = '']) => {
        const script = projectFile('daemon', 'cli', 'completions', `holdfast.${shell}`);
        const text = await readFile(script, 'utf8');
        terminal.result({ shell, script: text }, () => text.trimEnd());
      }),
    );

  program
    .command('__complete', { hidden: true })
    .argument('[words...]', 'the last one is to be completed')
    .action(
      action(terminal, async (context, words) => {
        const text = await completionText(program, context, words).catch(() => '');
        terminal.streams.stdout.write(text);
      }),
    );
}

/** Lines of a value, a tab and what it is; `:files` where files may stand. */
async function completionText(
  program: Command,
  { home }: CommandContext,
  words: readonly string[],
): Promise<string> {
  const { candidates, names, areFiles, before, start, given } = complete(program, words);
  if (areFiles === true) return ':files\n';
  const known = names === undefined ? [] : await namesOf(names, given.get('home') ?? home, given.get('account')); // prettier-ignore
  return [...candidates, ...known]
    .filter(({ value }) => value.startsWith(start))
    .map(({ value, description }) => `${before}${value}\t${shortened(description)}\n`)
    .join('');
}

async function namesOf(
  kind: (typeof NAMED)[number],
  home: string | undefined,
  account: string | undefined,
): Promise<Candidate[]> {
  const { socket } = instancePaths(home);
  const client = new DaemonClient(socket, '', AbortSignal.timeout(PATIENCE_MS));
  const names = await namesFor(client, kind, account).catch(() => []);
  return names.filter(({ value }) => isHarmless(value));
}

/** Letters, digits, signs and blanks alone; nothing that is read as an option or as a mark of ours. */
function isHarmless(value: string): boolean {
  return value.length <= MOST_LETTERS && /^(?![:-])[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u.test(value);
}

function shortened(description: string): string {
  const shown = plain(description);
  return shown.length > MOST_DESCRIPTION ? `${shown.slice(0, MOST_DESCRIPTION)}…` : shown;
}
