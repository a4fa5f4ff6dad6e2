/** What the API answers of files over time. */
import { z } from 'zod';
import type { Found, PathVersion } from '../history/history.service.js';
import type { NameOf } from './names.js';
import { instant } from './views.js';

const path = z.string().meta({ description: 'A path as text, or `base64:…` of its bytes' });

export const versionView = z
  .strictObject({
    type: z.string(),
    sizeBytes: z.number(),
    modifiedAt: instant.nullable(),
    hasProblem: z.boolean(),
    firstSnapshot: z.string(),
    firstAt: instant,
    lastSnapshot: z.string().meta({ description: 'The one to restore it from' }),
    lastAt: instant,
    snapshots: z.int(),
    destinations: z.array(z.string()),
    goneAfter: z.int().meta({ description: 'How many snapshots after it do not hold the path' }),
    isNewest: z.boolean(),
  })
  .meta({ id: 'PathVersion' });
export type VersionView = z.infer<typeof versionView>;

const unread = z.int().meta({ description: 'Snapshots that are still to be read' });

export const foundFilesView = z
  .strictObject({
    files: z.array(z.strictObject({ path, versions: z.int(), newest: versionView })),
    isMore: z.boolean(),
    unread,
  })
  .meta({ id: 'FoundFiles' });
export type FoundFilesView = z.infer<typeof foundFilesView>;

export const versionsView = z
  .strictObject({ versions: z.array(versionView), unread })
  .meta({ id: 'PathVersions' });
export type VersionsView = z.infer<typeof versionsView>;

export const diffView = z
  .strictObject({
    sizes: z.tuple([z.number().nullable(), z.number().nullable()]),
    isSame: z.boolean(),
    why: z.enum(['binary', 'too-large', 'no-file', 'too-different']).nullable(),
    added: z.int(),
    removed: z.int(),
    isCut: z.boolean(),
    rows: z.array(
      z.strictObject({
        kind: z.enum(['same', 'removed', 'added', 'gap']),
        before: z.int().nullable(),
        after: z.int().nullable(),
        text: z.string(),
      }),
    ),
  })
  .meta({ id: 'VersionDiff' });
export type DiffView = z.infer<typeof diffView>;

export const changesView = z
  .strictObject({
    added: z.int(),
    changed: z.int(),
    removed: z.int(),
    isMore: z.boolean(),
    changes: z.array(
      z.strictObject({
        path,
        what: z.enum(['added', 'changed', 'removed']),
        type: z.string(),
        beforeBytes: z.number().nullable(),
        afterBytes: z.number().nullable(),
      }),
    ),
  })
  .meta({ id: 'SnapshotChanges' });
export type ChangesView = z.infer<typeof changesView>;

export function toVersionView(version: PathVersion, destinationName: NameOf): VersionView {
  const { type, sizeBytes, modifiedAt, hasProblem, first, last, snapshots } = version;
  return {
    ...{ type, sizeBytes, modifiedAt, hasProblem, snapshots },
    ...{ firstSnapshot: first.id, firstAt: first.startedAt },
    ...{ lastSnapshot: last.id, lastAt: last.startedAt },
    destinations: version.destinationIds.map(destinationName),
    goneAfter: version.goneAfter,
    isNewest: version.isNewest,
  };
}

/** All destinations that the answer names. */
export function destinationsOf({ items }: Pick<Found<PathVersion>, 'items'>): string[] {
  return [...new Set(items.flatMap(({ destinationIds }) => destinationIds))];
}
