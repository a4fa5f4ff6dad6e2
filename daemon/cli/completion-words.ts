/**
 * What may stand where the cursor is, by the commands and options that commander knows: there is no
 * second list of them. What an operand or a value names is told by its placeholder: `<job>` is the
 * name of a job, and so is `<name>` of `job show` or of `--job`.
 */
import type { Argument, Command, Option } from 'commander';

/** What the daemon knows names of; see completion-names.ts. */
export const NAMED = [
  ...['account', 'channel', 'condition', 'destination', 'hook', 'job', 'permission', 'run'],
  ...['schedule', 'snapshot', 'user'],
] as const;

export interface Candidate {
  value: string;
  description: string;
}

export interface Completion {
  /** What is typed of the word that is to be completed. */
  start: string;
  /** What stands before it in the same word: `--account=`. */
  before: string;
  candidates: Candidate[];
  /** Names of this kind belong to them. */
  names?: (typeof NAMED)[number];
  /** So do files. */
  areFiles?: true;
  /** What options have before, by their names: the account whose snapshots are meant. */
  given: ReadonlyMap<string, string>;
}

/** Of a snapshot's paths and of `snapshot diff`. */
const ALSO: Record<string, string> = { before: 'snapshot', after: 'snapshot' };
const FILES = ['dir', 'file', 'program'];

/** The last of the words is the one at the cursor; the program's own name is not among them. */
export function complete(program: Command, words: readonly string[]): Completion {
  const current = words.at(-1) ?? '';
  const place = placeAfter(program, words.slice(0, -1));
  const { command, open, isLiteral } = place;
  if (open !== undefined) return ofValue(place, open, '', current);
  if (current.startsWith('-') && !isLiteral) {
    const [name = '', ...rest] = current.split('=');
    const option = rest.length > 0 ? findOption(command, name) : undefined;
    if (option !== undefined) return ofValue(place, option, `${name}=`, rest.join('='));
    return plainly(place, current, optionsOf(command));
  }
  if (command.commands.length > 0) return plainly(place, current, commandsOf(command));
  return ofOperand(place, current);
}

interface Place {
  command: Command;
  /** Operands of the command so far. */
  operands: number;
  /** The option whose value comes next. */
  open: Option | undefined;
  /** After `--` nothing is an option. */
  isLiteral: boolean;
  given: Map<string, string>;
}

function placeAfter(program: Command, words: readonly string[]): Place {
  const place: Place = {
    ...{ command: program, operands: 0, open: undefined, isLiteral: false },
    given: new Map(),
  };
  for (const word of words) step(place, word);
  return place;
}

function step(place: Place, word: string): void {
  const { command, open, isLiteral } = place;
  if (open !== undefined) {
    place.given.set(open.attributeName(), word);
    place.open = undefined;
  } else if (word === '--' && !isLiteral) place.isLiteral = true;
  else if (word.startsWith('-') && !isLiteral) stepOption(place, word);
  else if (command.commands.length === 0) place.operands += 1;
  else place.command = command.commands.find((one) => one.name() === word) ?? command;
}

function stepOption(place: Place, word: string): void {
  const [name = '', value] = word.split('=', 2);
  const option = findOption(place.command, name);
  if (option === undefined || option.isBoolean()) return;
  if (value === undefined) place.open = option;
  else place.given.set(option.attributeName(), value);
}

/** Options of the program are understood everywhere. */
function findOption(command: Command, name: string): Option | undefined {
  const found = command.options.find(({ long, short }) => name === long || name === short);
  return found ?? (command.parent === null ? undefined : findOption(command.parent, name));
}

function optionsOf(command: Command): Candidate[] {
  const help = command.createHelp();
  const all = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
  return [...all, ...rootOf(command).options]
    .filter(({ long }, index, list) => list.findIndex((one) => one.long === long) === index)
    .map(({ long, flags, description }) => ({ value: long ?? flags, description }));
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

function commandsOf(command: Command): Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((one) => ({ value: one.name(), description: one.description() }));
}

function ofValue(place: Place, option: Option, before: string, start: string): Completion {
  const { argChoices, flags, long } = option;
  if (argChoices !== undefined) return { ...plainly(place, start, choices(argChoices)), before };
  const placeholder = /[<[]([\w-]+)/.exec(flags)?.[1] ?? '';
  return { ...named(place, placeholder, long?.slice(2) ?? '', start), before };
}

function ofOperand(place: Place, start: string): Completion {
  const given = place.command.registeredArguments as Argument[];
  const last = given.at(-1);
  const argument = given[place.operands] ?? (last?.variadic === true ? last : undefined);
  if (argument === undefined) return plainly(place, start, []);
  if (argument.argChoices !== undefined) return plainly(place, start, choices(argument.argChoices));
  return named(place, argument.name(), nounOf(place.command), start);
}

/** `job` of `job show`; nothing where the name is that of something new. */
function nounOf(command: Command): string {
  const path: string[] = [];
  for (let one = command; one.parent !== null; one = one.parent) path.unshift(one.name());
  return path.includes('add') ? '' : (path[0] ?? '');
}

function named(place: Place, placeholder: string, noun: string, start: string): Completion {
  if (FILES.includes(placeholder)) return { ...plainly(place, start, []), areFiles: true };
  const word = placeholder === 'name' || placeholder === 'id' ? noun : placeholder;
  const kind = NAMED.find((one) => one === (ALSO[word] ?? word));
  return { ...plainly(place, start, []), ...(kind === undefined ? {} : { names: kind }) };
}

function choices(values: readonly string[]): Candidate[] {
  return values.map((value) => ({ value, description: '' }));
}

function plainly({ given }: Place, start: string, candidates: Candidate[]): Completion {
  return { start, before: '', candidates, given };
}
