/** What an account has just as it was when its last snapshot was made. */
import { storedContentBytes } from '../archive/tar-header.js';
import { openFileLine, openLine, parseLine } from '../manifest/entry-json.js';
import type { BytePath, DataLocation } from '../manifest/entry.js';
import { READ_ON, contentOf, isIntact, type Parent, type ParentLine } from './parent.js';
import type { Kept } from './slab-cutter.js';
import { isMadeUpFolder } from './made-up.js';

export interface SameAsBefore {
  /** Its line without the place of its content and the closing brace. */
  line: string;
  place: DataLocation | undefined;
  /** Length of its content. */
  storedBytes: number;
  /** False: it may have changed in the moment in which it was read; only its content can tell. */
  isCertain: boolean;
}

export class Unchanged {
  /** What was asked for last was a folder in the snapshot before. */
  wasFolder = false;

  constructor(
    readonly parent: Parent | undefined,
    /** Names of archives that the new snapshot is not to refer to. */
    private readonly expiring: ReadonlySet<string>,
  ) {}

  /** Undefined: it is new, or has changed for certain. To be asked in manifest order. A promise only
   * when the manifest before must be read on: one for every file costs more than all the rest. */
  find(found: Kept): SameAsBefore | undefined | Promise<SameAsBefore | undefined> {
    const { parent } = this;
    if (parent === undefined) return undefined;
    const line = parent.take(pathOf(found), openingOf(found));
    if (line === READ_ON) return parent.readOn().then(() => this.find(found));
    this.wasFolder = line?.line.includes(',"type":"directory"') === true;
    return line === undefined ? undefined : this.judge(found, line);
  }

  private judge(found: Kept, { line, isSame }: ParentLine): SameAsBefore | undefined {
    if (found.kind === 'entry') {
      // Its times are those of the first backup.
      const isMadeUp = isMadeUpFolder(found.entry);
      const isWhole = isMadeUp || (isSame && line === `${openLine(found.entry)}}`);
      const entry = { line: line.slice(0, -1), place: undefined, storedBytes: 0, isCertain: true };
      return isWhole ? entry : undefined;
    }
    const isUnchanged =
      found.kind === 'made-up' ? line.includes(`,"sha256":"${found.entry.sha256 ?? ''}"`) : isSame;
    if (!isUnchanged || !isIntact(line)) return undefined;
    const place = contentOf(line);
    if (place !== undefined && this.expiring.has(place.archive)) return undefined;
    const sizeBytes = found.kind === 'file' ? found.sizeBytes : found.entry.sizeBytes;
    const storedBytes = contentBytesOf(line, sizeBytes);
    const isCertain = found.kind === 'made-up' || this.parent?.isRacy(found.status) === false;
    return { line: withoutPlace(line), place, storedBytes, isCertain };
  }
}

/** As far as it is known without opening it. */
function openingOf(found: Kept): string {
  if (found.kind !== 'file') return openLine(found.entry);
  return openFileLine(found.status, found.path, found.sizeBytes);
}

export function pathOf(found: Kept): BytePath {
  return found.kind === 'file' ? found.path : found.entry.path;
}

function withoutPlace(line: string): string {
  const start = line.lastIndexOf(',"data":{');
  return start === -1 ? line.slice(0, -1) : line.slice(0, start);
}

function contentBytesOf(line: string, sizeBytes: number): number {
  return line.includes(',"sparse":[') ? storedContentBytes(parseLine(line)) : sizeBytes;
}
