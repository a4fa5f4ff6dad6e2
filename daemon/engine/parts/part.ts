/**
 * What an account has besides its files, as a restore brings it back: each part whole or not at all. A
 * driver for each kind knows where such parts are now; chosen-parts.ts goes through them.
 */
import { fileNameOf } from '../databases/database-names.js';
import { parentOf } from '../manifest/byte-path.js';
import type { BytePath, Entry } from '../manifest/entry.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import type { CaptureRequest, EngineContext, RestoreProblem } from '../types.js';

/** Plain data: the ledger of a restore keeps it. */
export interface Part {
  /** Which driver it is for. */
  driver: DriverName;
  /** Where it lies in a snapshot, such as `databases/mariadb/shop`. */
  path: BytePath;
  /** For people: `the database "shop"`. */
  title: string;
  /** What the server or the panel calls it now. */
  name: string;
  /** Of a database only these tables. */
  tables?: string[];
  /** The tables, or the whole of it, go beside what is there under names that end so. */
  suffix?: string;
  /** Of a mailbox only what is at or below these paths of the snapshot. */
  within?: BytePath[];
  /** What came into it since goes. */
  isExact?: true;
}

export type DriverName =
  'mariadb' | 'mariadb-user' | 'postgresql' | 'postgresql-user' | 'file' | 'mailbox';

/** What stands in a part's place before a restore. */
export interface Standing {
  isThere: boolean;
  /** Those of its tables that are there. */
  tables?: string[];
}

/** Of a part, before anything is written. */
export interface StandingPart extends Standing {
  part: Part;
}

/** How a restore is asked for; everything may be hostile but the roots. */
export interface PartsChosen {
  reader: SnapshotReader;
  /** Chosen paths, and all that is below them. */
  roots: readonly BytePath[];
  /** See `Part`. */
  suffix: string | undefined;
  isExact: boolean;
  /** What a database of this name is called now. */
  rename: (name: string) => string;
}

export interface PartDriver {
  name: DriverName;
  /** Paths of the snapshot at or below these are its. */
  tops: readonly BytePath[];
  /** Throws one sentence when something is chosen that is no part. */
  choose(chosen: PartsChosen): Promise<Part[]>;
  /** Throws when the part is not the account's now. */
  look(part: Part): Promise<Standing>;
  /** Rejects when it stays as it was. Answers what is not as it was: of it, in sentences; or in it. */
  restore(
    part: Part,
    reader: SnapshotReader,
    context: EngineContext,
  ): Promise<(string | RestoreProblem)[]>;
  /** Takes away what a restore made where nothing was. */
  remove(part: Part): Promise<void>;
  /** The request that captures just these. */
  narrow(request: CaptureRequest, parts: readonly StandingPart[]): CaptureRequest;
}

/** Entries directly in a folder of a snapshot; none when there is no such folder. */
export async function foldersIn(reader: SnapshotReader, path: BytePath): Promise<Entry[]> {
  return (await reader.list(path)).filter(({ type }) => type === 'directory');
}

/** As a database is called once it was restored beside another, or under another name. */
export function withOwnNames(part: Part): Part {
  if (part.driver !== 'mariadb' && part.driver !== 'postgresql') return part;
  const { suffix, tables, ...rest } = part;
  const path = `${parentOf(part.path)}/${fileNameOf(part.name)}`;
  if (tables === undefined) return { ...rest, path };
  return { ...rest, path, tables: tables.map((table) => `${table}${suffix ?? ''}`) };
}

const TABLES_TOLD = 5;

/** Only these tables of a database. */
export function withTables(part: Part, tables: string[]): Part {
  const { name, suffix = '' } = part;
  const told = tables.slice(0, TABLES_TOLD).map((table) => `"${table}${suffix}"`);
  const more =
    tables.length > told.length ? ` and ${String(tables.length - told.length)} more` : '';
  const what = tables.length === 1 ? 'the table' : 'the tables';
  const title = `${what} ${told.join(', ')}${more} of the database "${name}"`;
  return { ...part, tables, title };
}
