/** A prepared download as the API shows it. */
import { z } from 'zod';
import type { DownloadResult } from '../engine/types.js';
import type { Download } from '../restores/downloads.service.js';
import { requestOf } from '../runs/run-request.js';
import type { NameOf } from './names.js';
import { instant } from './views.js';

export const downloadView = z
  .strictObject({
    id: z.int().meta({ description: 'Of its run' }),
    account: z.string(),
    snapshotId: z.string(),
    paths: z.array(z.string()),
    items: z.array(z.string()).meta({ description: 'Without paths and items it is everything' }),
    format: z
      .enum(['own', 'cpmove'])
      .meta({ description: 'cpmove: a package that cPanel restores' }),
    state: z.enum([
      ...(['waiting', 'preparing', 'ready', 'expired', 'removed', 'failed', 'cancelled'] as const),
    ]),
    fileName: z.string().nullable(),
    sizeBytes: z.int().nullable(),
    requestedBy: z.string(),
    createdAt: instant,
    expiresAt: instant.nullable(),
    problem: z.string().nullable(),
  })
  .meta({ id: 'Download' });
export type DownloadView = z.infer<typeof downloadView>;

export const downloadLinkView = z
  .strictObject({ url: z.string(), expiresAt: instant })
  .meta({ id: 'DownloadLink' });

export function toDownloadView(
  { run, task, state, sizeBytes, expiresAt }: Download,
  account: NameOf,
): DownloadView {
  const request = requestOf(run);
  const { selection, snapshotId } =
    'selection' in request ? request : { selection: { paths: [], items: [] }, snapshotId: '' };
  const result = task?.result as DownloadResult | null | undefined;
  return {
    ...{ id: run.id, account: run.accountId === null ? '' : account(run.accountId), snapshotId },
    ...{ paths: selection.paths, items: selection.items, state },
    format: 'format' in request ? 'cpmove' : 'own',
    fileName: result?.fileName ?? null,
    sizeBytes: sizeBytes ?? null,
    requestedBy: run.requestedBy,
    createdAt: run.createdAt,
    expiresAt: expiresAt ?? null,
    problem: run.error?.message ?? null,
  };
}
