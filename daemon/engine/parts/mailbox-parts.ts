/** Maildirs outside of the home as parts of a restore: each is restored as a home is, by its owner. */
import { closeSync } from 'node:fs';
import { AppError } from '../../platform/errors.js';
import { isAtOrBelow, pathReference } from '../manifest/byte-path.js';
import { isEntered } from '../manifest/entry.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import { openRestorePool, Restoration } from '../restore/restoration.js';
import { RestorePlan } from '../restore/restore-plan.js';
import { openTarget } from '../restore/target.js';
import type { CaptureRequest, EngineContext, RestoreProblem, RestoreTarget } from '../types.js';
import type { FilePartsOptions } from './file-parts.js';
import { nameOfFile } from '../databases/database-names.js';
import { MAIL } from './part-names.js';
import { placeOf, placesOf, withOnly, type PartPlace } from './part-places.js';
import type { Part, PartDriver, PartsChosen, Standing, StandingPart } from './part.js';

type MailboxTarget = Extract<RestoreTarget, { place: 'mailbox' }>;

export class MailboxParts implements PartDriver {
  readonly name = 'mailbox';
  readonly tops = [MAIL];
  private readonly places: PartPlace[];

  constructor(private readonly options: FilePartsOptions) {
    this.places = placesOf(options.files.parts, options.account.home);
  }

  async choose({ reader, roots, suffix, isExact }: PartsChosen): Promise<Part[]> {
    if (suffix !== undefined) return [];
    const parts: Part[] = [];
    for (const entry of await reader.list(MAIL)) {
      if (!isEntered(entry)) continue;
      const { path } = entry;
      const isWhole = roots.some((root) => isAtOrBelow(path, root));
      const within = roots.filter((root) => isAtOrBelow(root, path));
      if (!isWhole && within.length === 0) continue;
      const name = nameOfFile(path.slice(MAIL.length + 1));
      const part: Part = { driver: this.name, path, name, title: `the mailbox ${name}` };
      if (!isWhole) part.within = within;
      if (isExact) part.isExact = true;
      parts.push(part);
    }
    return parts;
  }

  /** Whoever has mail there has a place for it. */
  look(part: Part): Promise<Standing> {
    closeSync(openTarget(this.request(part), '').rootFd);
    return Promise.resolve({ isThere: true });
  }

  async restore(
    part: Part,
    reader: SnapshotReader,
    context: EngineContext,
  ): Promise<RestoreProblem[]> {
    const request = this.request(part);
    const target = openTarget(request, '');
    const pool = openRestorePool(request, target, context.threads);
    try {
      const paths = (part.within ?? [part.path]).map(pathReference);
      const plan = await RestorePlan.make(reader, { selection: { paths, items: [] }, target });
      const restoration = new Restoration(plan, pool, context, target);
      const isMirror = request.target.mode === 'mirror';
      return (await restoration.run(isMirror)).problems;
    } finally {
      await pool.close();
      closeSync(target.rootFd);
    }
  }

  remove({ title }: Part): Promise<void> {
    throw new AppError('conflict', 'restore.mailbox', `${title} stays: whoever made it takes it away.`);
  } // prettier-ignore

  narrow(request: CaptureRequest, parts: readonly StandingPart[]): CaptureRequest {
    return withOnly(request, this.options.files.parts, parts);
  }

  private request(part: Part): FilePartsOptions & { target: MailboxTarget } {
    const to = placeOf(part.path, this.places)?.place.to;
    if (to === undefined) {
      throw new AppError('conflict', 'restore.no-mailbox', `The account has no mailbox ${part.name} now; make it first, or download it.`); // prettier-ignore
    }
    const mode = part.isExact === true ? 'mirror' : 'overlay';
    return { ...this.options, target: { place: 'mailbox', address: part.name, path: to, mode } };
  }
}
