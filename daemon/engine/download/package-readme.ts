/** What an archive of a download says of itself: to people, and to programs in the first line of its manifest. Pure. */
import { displayPath, fromText, isAtOrBelow, parsePathReference, pathReference } from '../manifest/byte-path.js'; // prettier-ignore
import type { BytePath, Entry } from '../manifest/entry.js';
import type { SnapshotBody } from '../manifest/snapshot-file.js';
import type { NotPacked } from './tar-package.js';

export const README = 'HOLDFAST-README.txt';

const FORMAT = 'holdfast-download';
const MOST_CHOSEN = 50;

export interface PackageFacts {
  summary: SnapshotBody;
  /** Chosen paths of the snapshot; none: everything. */
  roots: readonly BytePath[];
  /** What of it the snapshot does not have, the first thousand, and how many there are. */
  missing: readonly Entry[];
  missingCount: number;
  /** What the download leaves out. */
  notPacked: readonly NotPacked[];
  /** What else whoever unpacks it should know, in sentences. */
  notes: readonly string[];
  /** Suggested name of the archive. */
  fileName: string;
  /** What it is and how it is used: lines. */
  use: readonly string[];
  now: Date;
}

export function headOf(facts: PackageFacts): Buffer {
  const { id, startedAt, state, structure, server, account } = facts.summary;
  const { name, source, home } = account;
  const head = {
    ...{ format: FORMAT, version: 1 },
    snapshot: { id, startedAt, state, structure },
    account: { name, source, home },
    server,
    preparedAt: facts.now.toISOString(),
    chosen: facts.roots.map(pathReference),
    notes: facts.notes,
    leftOut: leftOut(facts),
    leftOutOfDownload: facts.notPacked,
  };
  return Buffer.from(`${JSON.stringify(head)}\n`);
}

export function readmeOf(facts: PackageFacts): Buffer {
  const { id, startedAt, state, structure, server, account } = facts.summary;
  const lines = [
    `Files of the account ${plain(account.name)}, prepared by Holdfast at ${facts.now.toISOString()}`,
    '',
    `Snapshot:  ${id}, of ${startedAt}, ${structure}, ${state}`,
    `Account:   ${plain(account.name)} (${plain(account.source)}), home ${plain(account.home)}`,
    `Server:    ${plain(server.name)} (${plain(server.id)})`,
    ...chosenLines(facts.roots),
    '',
    ...facts.use,
    '',
    'HOLDFAST-MANIFEST.jsonl lists every member, a JSON object a line, with its size and SHA-256;',
    'its first line says of what snapshot it is. Files with very large holes have no SHA-256.',
    ...section('What you should know', facts.notes.map(plain)),
    ...section(`Not in the snapshot, and so not here (${String(Math.max(facts.missingCount, leftOut(facts).length))})`, leftOut(facts).map(line)), // prettier-ignore
    ...section('In the snapshot, but not here', facts.notPacked.map(line)),
  ];
  return Buffer.from(`${lines.join('\n')}\n`);
}

/** How an archive in our own layout is used. `fileName` may be hostile. */
export function usualUse(fileName: string): string[] {
  return [
    'Unpack it into an empty folder (as root, owners come back, too):',
    '    mkdir restored',
    `    tar -x -p -z -f ${shellQuoted(fileName)} -C restored`,
    'Check what was unpacked; nothing is said when all is well:',
    '    cd restored && sha256sum --check --quiet HOLDFAST-SHA256SUMS',
    'homedir/ is the account’s home; databases/ has a script for each table, mail/, zones/ and the like',
    'are what the account had besides.',
  ];
}

/** For a POSIX shell. */
export function shellQuoted(text: string): string {
  return /^[A-Za-z0-9._-]+$/.test(text)
    ? text
    : `'${plain(text).replaceAll("'", String.raw`'\''`)}'`;
}

function chosenLines(roots: readonly BytePath[]): string[] {
  if (roots.length === 0) return ['Chosen:    everything'];
  const more = roots.length - MOST_CHOSEN;
  const shown = roots.slice(0, MOST_CHOSEN).map(displayPath);
  const all = more > 0 ? [...shown, `and ${String(more)} more`] : shown;
  return all.map((path, index) => `${index === 0 ? 'Chosen:    ' : '           '}${path}`);
}

function leftOut({ summary, roots, missing }: PackageFacts): NotPacked[] {
  const found = new Map(missing.map((entry) => [displayPath(entry.path), reasonOf(entry)]));
  const isConcerned = (path: BytePath): boolean =>
    roots.length === 0 || roots.some((root) => isAtOrBelow(path, root) || isAtOrBelow(root, path));
  for (const { path, code, message } of summary.leftOut) {
    if (found.has(path) || !isConcerned(parsePathReference(path))) continue;
    found.set(path, code === 'excluded' ? byRule(message) : message);
  }
  return [...found].map(([path, message]) => ({ path, message }));
}

function reasonOf({ excludedBy, problem }: Entry): string {
  return excludedBy === undefined ? (problem?.message ?? 'was not stored') : byRule(excludedBy);
}

function byRule(rule: string): string {
  return `left out by the rule ${rule}`;
}

function line({ path, message }: NotPacked): string {
  return `${plain(path)}: ${plain(message)}`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((text) => `  ${text}`)];
}

/** On one line, and harmless on a terminal. */
function plain(text: string): string {
  return displayPath(fromText(text));
}
