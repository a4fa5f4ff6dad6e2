/**
 * The parts of a restore: which were chosen and may be written, what is kept of them first, and each in its
 * turn. One that fails stays as it was and is told; the others go on.
 */
import { AppError, inputError } from '../../platform/errors.js';
import { databaseProblem } from '../databases/database-problem.js';
import {
  displayPath,
  isAtOrBelow,
  parsePathReference,
  pathReference,
} from '../manifest/byte-path.js';
import type { BytePath } from '../manifest/entry.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import { isMirror, type Restoration } from '../restore/restoration.js';
import { selectedRoots } from '../restore/selection.js';
import { CONFIG, HOME } from '../capture/item-totals.js';
import type {
  CaptureRequest,
  EngineContext,
  RestoreAction,
  RestoreProblem,
  RestoreRequest,
  Selection,
} from '../types.js';
import type { Preview } from '../restore/preview-restore.js';
import { renamedFor } from './database-renames.js';
import { PANEL } from './part-names.js';
import { withOwnNames, withTables, type Part, type PartsChosen, type StandingPart } from './part.js'; // prettier-ignore
import { PartDrivers } from './part-drivers.js'; // prettier-ignore

/** A part that cannot be restored here and now, and why. */
export interface RefusedPart {
  path: BytePath;
  title: string;
  message: string;
}

/** Where it is told. */
type Told = Pick<Restoration, 'report' | 'note'>;
const NO_COPY = 'is not restored beside what is there; restore it to its place, or download it';
type PartAction = Exclude<RestoreAction, 'skipped'>;

export interface Chosen {
  /** Undefined: no files were chosen. */
  files: Selection | undefined;
  parts: ChosenParts;
}

/** What of a restore's selection are files, and what are parts. */
export async function chooseParts(
  reader: SnapshotReader,
  request: RestoreRequest,
): Promise<Chosen> {
  const drivers = PartDrivers.of(request);
  const { selection, target } = request;
  // An admin's directory gets everything as files.
  const isFilesOnly = target.place === 'directory' || target.place === 'mailbox';
  if (isFilesOnly || request.parts === undefined) {
    return { files: selection, parts: new ChosenParts(drivers) };
  }
  const roots = selectedRoots(reader, selection);
  const isEverything = roots.length === 0;
  const others = isEverything ? await rootsOfItems(reader) : roots.filter((root) => !isAtOrBelow(root, HOME));
  const files = roots.filter((root) => isAtOrBelow(root, HOME));
  const parts = new ChosenParts(drivers);
  // A copy of a home is a folder in it; that of a database is made when it is asked for.
  const isSkipped = isEverything && target.place === 'beside';
  if (!isSkipped) {
    const suffix = target.place === 'beside' ? suffixOf(reader) : undefined;
    const isLenient = isEverything || files.length > 0;
    const rename = (name: string): string =>
      renamedFor(request.account.name, request.parts?.databasesOf, name);
    const chosen = { reader, roots: others, suffix, rename, isExact: isMirror(request) };
    await parts.choose(chosen, isLenient);
  }
  if (isEverything) return { files: { paths: [HOME], items: [] }, parts };
  const [first] = others;
  if (files.length === 0 && first !== undefined && parts.isEmpty) throw withoutPlace(first);
  const paths = files.map(pathReference);
  return { files: paths.length === 0 ? undefined : { paths, items: [] }, parts };
} // prettier-ignore

/** `__restored_20261128_0915`: by the time of the snapshot. */
function suffixOf({ summary }: SnapshotReader): string {
  const [, day = '', time = ''] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)/.exec(summary.startedAt) ?? [];
  return `__restored_${day.replaceAll('-', '')}_${time.replace(':', '')}`;
}

/** Of the item `config` only the panel's files go anywhere. */
async function rootsOfItems(reader: SnapshotReader): Promise<BytePath[]> {
  const roots = reader.summary.items.map(({ root }) => parsePathReference(root));
  const others = roots.filter((root) => !isAtOrBelow(root, HOME) && root !== CONFIG);
  return (await reader.find(PANEL)) === undefined ? others : [...others, PANEL];
}

/** Takes back what a restore did, by its ledger: what stood there comes back, what it made goes. */
export async function partsToUndo(
  ledger: readonly StandingPart[],
  request: Pick<RestoreRequest, 'parts' | 'account' | 'isTenantRequest'>,
): Promise<ChosenParts> {
  const parts = new ChosenParts(PartDrivers.of(request));
  for (const { part: asked, isThere, tables } of ledger) {
    // Of a mailbox all was kept: a folder of it may not have been there.
    const { within: _, ...part } = withOwnNames(asked);
    const made = part.tables?.filter((table) => tables?.includes(table) !== true) ?? [];
    if (isThere) {
      await parts.add([
        { ...(tables === undefined ? part : withTables(part, tables)), isExact: true },
      ]);
    }
    if (made.length > 0) await parts.addRemoved(withTables(part, made));
    else if (!isThere) await parts.addRemoved(part);
  }
  return parts;
}

export class ChosenParts {
  readonly standing: StandingPart[] = [];
  private readonly removed = new Set<Part>();
  readonly refused: RefusedPart[] = [];
  /** Chosen for a restore beside, where they have no copy. */
  private readonly withoutCopy: BytePath[] = [];

  constructor(private readonly drivers: PartDrivers) {}

  get isEmpty(): boolean {
    return this.standing.length + this.refused.length === 0;
  }

  /** Whether something stands where they go. */
  get replacesAny(): boolean {
    return this.standing.some(({ isThere }) => isThere);
  }

  /** `isLenient`: what has no place here is told, and the rest goes on. */
  async choose(chosen: PartsChosen, isLenient: boolean): Promise<void> {
    const { roots } = chosen;
    const ownerless = roots.filter((root) => this.drivers.reaching(root).length === 0);
    for (const root of ownerless) {
      if (!isLenient) throw withoutPlace(root);
      this.refuse(root, 'There is no server here to restore it to.');
    }
    const found: Part[] = [];
    for (const driver of this.drivers.all) {
      const below = driver.tops.flatMap((top) => {
        const own = roots.filter((root) => isAtOrBelow(root, top) || isAtOrBelow(top, root));
        return own.map((root) => (isAtOrBelow(root, top) ? root : top));
      });
      if (below.length === 0) continue;
      found.push(...(await driver.choose({ ...chosen, roots: below })));
    }
    const lacking = roots.filter((root) => !ownerless.includes(root) && !found.some(isOf(root)));
    for (const root of lacking) {
      if (chosen.suffix !== undefined) this.withoutCopy.push(root);
      else if (isLenient) this.refuse(root, 'The snapshot has nothing there to restore.');
      else throw withoutPlace(root);
    }
    await this.add(found);
  }

  /** Each is looked at: what is not the account's is left alone. */
  async add(parts: readonly Part[]): Promise<void> {
    for (const part of parts) {
      try {
        const standing = await this.drivers.of(part).look(part);
        if (part.suffix !== undefined && standing.isThere) throw isThereAlready(part);
        this.standing.push({ part, ...standing });
      } catch (error) {
        const { path, title } = part;
        this.refused.push({ path, title, message: databaseProblem(error) });
      }
    }
  }

  /** The request that captures just what of them is there now. */
  narrow(capture: CaptureRequest): CaptureRequest {
    let narrowed = capture;
    for (const driver of this.drivers.all) {
      const own = this.standing.filter(({ part, isThere }) => isThere && part.driver === driver.name);
      if (own.length > 0) narrowed = driver.narrow(narrowed, own);
    }
    return narrowed;
  } // prettier-ignore

  /** One that is to go. */
  async addRemoved(part: Part): Promise<void> {
    this.removed.add(part);
    await this.add([part]);
  }

  /** Restores or removes each; the report tells what became of it. */
  async restore(
    reader: SnapshotReader | undefined,
    context: EngineContext,
    told: Told,
  ): Promise<void> {
    for (const refused of this.refused) noteFailed(told, refused, refused.message);
    for (const root of this.withoutCopy) {
      told.note([{ path: displayPath(root), kind: 'adjusted', message: NO_COPY }]);
    }
    for (const standing of this.inOrder()) {
      context.signal.throwIfAborted();
      try {
        const problems = await this.perform(standing, reader, context);
        done(told, standing, this.actionOn(standing));
        noteProblems(told, standing, problems);
      } catch (error) {
        if (context.signal.aborted) throw error;
        noteFailed(told, standing.part, databaseProblem(error));
      }
    }
  }

  /** What goes does so last, and backwards: a database before the role that owns it. */
  private inOrder(): StandingPart[] {
    const isGoing = ({ part }: StandingPart): boolean => this.removed.has(part);
    const staying = this.standing.filter((standing) => !isGoing(standing));
    return [...staying, ...this.standing.filter(isGoing).reverse()];
  }

  preview(preview: Pick<Preview, 'addPart'>): void {
    for (const { path, message } of this.refused) preview.addPart(path, 'skipped', message);
    for (const root of this.withoutCopy) preview.addPart(root, 'skipped', NO_COPY);
    for (const standing of this.standing) {
      preview.addPart(standing.part.path, this.actionOn(standing), standing.part.title);
    }
  }

  private async perform(
    { part, isThere }: StandingPart,
    reader: SnapshotReader | undefined,
    context: EngineContext,
  ): Promise<(string | RestoreProblem)[]> {
    const driver = this.drivers.of(part);
    const isRemoval = this.removed.has(part);
    if (isRemoval && !isThere) return [];
    const what = isRemoval ? `Removing ${part.title}, which the restore made.` : `Restoring ${part.title}.`; // prettier-ignore
    context.onProgress({ phase: 'restoring', files: 0, bytes: 0, current: part.title });
    context.log('info', what);
    if (isRemoval) await driver.remove(part);
    else if (reader !== undefined) return driver.restore(part, reader, context);
    return [];
  }

  private actionOn({ part, isThere }: StandingPart): PartAction {
    if (this.removed.has(part)) return isThere ? 'deleted' : 'unchanged';
    return isThere ? 'replaced' : 'created';
  }

  private refuse(path: BytePath, message: string): void {
    this.refused.push({ path, title: displayPath(path), message });
  }
}

function isOf(root: BytePath): (part: Part) => boolean {
  return ({ path }) => isAtOrBelow(path, root) || isAtOrBelow(root, path);
}

function withoutPlace(root: BytePath): AppError {
  const message = `"${displayPath(root)}" cannot be restored to its place here; restore it into a directory, or download it.`;
  return inputError('restore.no-place', message, [{ field: 'paths', message }]);
}

function done({ report }: Told, { part: { title } }: StandingPart, action: PartAction): void {
  report.parts = [...(report.parts ?? []), { title, action }];
  report.counts[action] += 1;
}

function noteFailed(
  told: Told,
  { path, title }: Pick<RefusedPart, 'path' | 'title'>,
  message: string,
): void {
  told.report.parts = [...(told.report.parts ?? []), { title, action: 'failed' }];
  told.note([{ path: displayPath(path), kind: 'failed', message }]);
}

function noteProblems(
  told: Told,
  { part }: StandingPart,
  problems: readonly (string | RestoreProblem)[],
): void {
  const path = displayPath(part.path);
  told.note(
    problems.map((problem) =>
      typeof problem === 'string' ? { path, kind: 'adjusted', message: problem } : problem,
    ),
  );
}

function isThereAlready({ title }: Part): AppError {
  const message = `There is ${title.replace(/^the /, 'a ')} already; nothing was restored beside it.`;
  return new AppError('conflict', 'restore.exists', message);
}
