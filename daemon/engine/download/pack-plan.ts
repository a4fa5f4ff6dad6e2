/** Puts what a plan chose into a package, and its lists and README around it. */
import type { BytePath, Entry } from '../manifest/entry.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import { OF_NOTHING } from '../parts/stored-file.js';
import { readContents, sourceOf } from '../restore/content-reader.js';
import type { Placed } from '../restore/restore-messages.js';
import type { RestorePlan } from '../restore/restore-plan.js';
import type { DownloadResult, EngineContext } from '../types.js';
import type { Output } from './gzip-output.js';
import { PackageLists } from './package-lists.js';
import { headOf, readmeOf, type PackageFacts } from './package-readme.js';
import { TarPackage } from './tar-package.js';

/** The path of the member that an entry becomes; undefined: it becomes none. */
export type MemberOf = (entry: Pick<Entry, 'path' | 'type'>) => BytePath | undefined;

/** What is packed, and where it is read. */
export interface Packing {
  plan: RestorePlan;
  reader: SnapshotReader;
  context: EngineContext;
}

/** What `fill` puts in, between the lists that it makes and the README that tells of both. */
export async function writePackage(
  output: Output,
  { plan, reader, context }: Packing,
  about: Pick<PackageFacts, 'roots' | 'notes' | 'fileName' | 'use'> & { folder: BytePath },
  fill: (tar: TarPackage) => Promise<{ notes: string[] }>,
): Promise<DownloadResult> {
  const lists = await PackageLists.open(output);
  try {
    const now = context.now();
    const { totalFiles, totalBytes, missing, skipped: missingCount } = plan;
    const { folder, ...facts } = about;
    const totals = { totalFiles, totalBytes };
    const tar = new TarPackage(output, lists, { folder, now, totals, onProgress: context.onProgress }); // prettier-ignore
    const filled = await fill(tar);
    const { notPacked, files } = tar;
    const notes = [...about.notes, ...filled.notes];
    const told = {
      ...facts,
      notes,
      summary: reader.summary,
      missing,
      missingCount,
      notPacked,
      now,
    };
    await tar.finish(readmeOf(told), headOf(told));
    return { fileName: about.fileName, format: 'tar.gz', sizeBytes: tar.writtenBytes, files };
  } finally {
    await lists.close();
  }
}

/** Files, what links to them; then directories, deepest first, so that what any tar sets on a
 * directory is not undone by what follows. */
export async function packPlan(
  tar: TarPackage,
  { plan, reader, context }: Packing,
  memberOf: MemberOf,
): Promise<void> {
  const add = async (
    entry: Entry,
    act: (member: Entry, from: BytePath | undefined) => Promise<void>,
  ): Promise<void> => {
    const path = memberOf(entry);
    if (path === undefined) return;
    const { hardLink: first, type } = entry;
    const hardLink = first === undefined ? undefined : memberOf({ path: first, type });
    const link = hardLink === undefined ? {} : { hardLink };
    await act({ ...entry, path, ...link }, path === entry.path ? undefined : entry.path);
  };
  const withContent = async function* (): AsyncGenerator<Placed> {
    for await (const file of plan.files()) {
      if (reader.hasContent(file.entry)) yield file;
      else await add(file.entry, (entry, from) => tar.addFile(entry, [], from));
    }
  };
  for await (const { file, pieces } of readContents(sourceOf(reader, context), withContent())) {
    await add(file.entry, (entry, from) => tar.addFile(entry, pieces, from));
  }
  for await (const others of plan.others(100)) {
    for (const { entry: other, linkSource } of others) {
      const sha256 = await hashOf(reader, linkSource);
      await add(linkTo(other, linkSource), (entry, from) => tar.addOther(entry, sha256, from));
    }
  }
  for (const { entry: directory } of plan.directoriesToMake.toReversed()) {
    await add(directory, (entry, from) => tar.addOther(entry, undefined, from));
  }
}

/** A hard link whose first name is not in the download points to the name that stands in for it. */
function linkTo(entry: Entry, linkSource: Entry['hardLink']): Entry {
  if (linkSource !== undefined) return { ...entry, hardLink: linkSource };
  const { hardLink: _hardLink, ...alone } = entry;
  return alone;
}

/** Of the file that a hard link leads to; undefined: it is no file, or has holes. */
async function hashOf(
  reader: SnapshotReader,
  source: BytePath | undefined,
): Promise<string | undefined> {
  const named = source === undefined ? undefined : await reader.find(source);
  const first = named?.hardLink === undefined ? named : await reader.find(named.hardLink);
  if (first?.type !== 'file' || first.sparse !== undefined) return undefined;
  return first.sizeBytes === 0 ? OF_NOTHING : first.sha256;
}
