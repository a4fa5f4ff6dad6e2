/**
 * What is left out of a snapshot: gitignore patterns of the job and the account, Holdfast's own
 * list, and directories that hold a marker. The matching is the `ignore` library's.
 */
import ignore, { type Ignore } from 'ignore';
import { displayPath, toText } from '../manifest/byte-path.js';
import type { BytePath } from '../manifest/entry.js';

/** Things every account can make again: caches and sessions. Trash folders are kept on purpose. */
export const DEFAULT_EXCLUDES: readonly string[] = [
  '/.cache/',
  '/.npm/_cacache/',
  '/.composer/cache/',
  '/.cpanel/caches/',
  '/tmp/',
  '/.tmp/',
  '/.php_sessions/',
  '/php_sessions/',
  '**/wp-content/cache/',
  '**/wp-content/upgrade/',
];

/** A file or directory of this name keeps its directory's content out of every snapshot. */
export const MARKER_NAMES: ReadonlySet<BytePath> = new Set(['.donotbackup', 'donotbackup']);

/** The library remembers every path it was asked: begin anew before that costs memory. */
const TESTS_BEFORE_RENEWAL = 20_000;

export interface ExcludeRules {
  /** Gitignore patterns relative to the home, of the job, then of the account. */
  patterns: string[];
  /** Leave out Holdfast's default list (caches, sessions, trash). */
  useDefaults: boolean;
  /** Folder with checksums: core files of WordPress that match them are left out, too. */
  coreChecksums?: string | undefined;
}

export interface ExcludeMatcher {
  /** The pattern that leaves `path` (relative to the home) out, or undefined. */
  match(path: BytePath, isDirectory: boolean): string | undefined;
}

export function excludeMatcher(rules: ExcludeRules): ExcludeMatcher {
  const patterns = [...(rules.useDefaults ? DEFAULT_EXCLUDES : []), ...rules.patterns];
  if (patterns.length === 0) return { match: () => undefined };
  const build = (): Ignore => ignore({ allowRelativePaths: true, ignorecase: false }).add(patterns);
  let matcher = build();
  let tests = 0;
  return {
    match(path, isDirectory) {
      tests += 1;
      if (tests % TESTS_BEFORE_RENEWAL === 0) matcher = build();
      const text = toText(path) ?? displayPath(path);
      const { ignored, rule } = matcher.test(isDirectory ? `${text}/` : text);
      return ignored ? (rule?.pattern ?? 'pattern') : undefined;
    },
  };
}
