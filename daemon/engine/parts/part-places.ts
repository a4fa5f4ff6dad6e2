/**
 * Where the parts of a snapshot go back to: to the paths that the account's source names now, never to
 * one that a snapshot names. Pure.
 */
import { isAtOrBelow } from '../manifest/byte-path.js';
import type { BytePath } from '../manifest/entry.js';
import type { CaptureRequest } from '../types.js';
import { belowHome } from './locate.js';
import { certificateFiles, CRONTAB, mailboxPath, panelPath, zonePath } from './part-names.js';
import type { StandingPart } from './part.js';
import type { PartsRequest } from './parts-of-account.js';
import type { PartKind } from './part-rules.js';

export interface PartPlace {
  kind: PartKind;
  item: string;
  /** In a snapshot: a file, or a folder with what is in it. */
  path: BytePath;
  /** On this server. */
  to: string;
}

/** Of everything that is written as a file; what is of the mailboxes in the home is not among it. */
export function placesOf(parts: PartsRequest, home: string): PartPlace[] {
  const { crontab, zones, certificates, panelFiles, mailboxes } = parts;
  const outside = mailboxes.filter(({ path }) => belowHome(path, home) === undefined);
  return [
    ...certificates.flatMap(({ domain }) => certificatePlaces(domain, certificates)),
    ...panelFiles.map((to) => ({ kind: 'config', item: 'config', path: panelPath(to), to }) as const),
    ...(crontab === undefined ? [] : [{ kind: 'cron', item: 'cron', path: CRONTAB, to: crontab } as const]),
    ...outside.map(({ address, path: to }) => ({ kind: 'mailbox', item: `mailbox:${address}`, path: mailboxPath(address), to }) as const),
    ...zones.map(({ domain, path: to }) => ({ kind: 'zone', item: `zone:${domain}`, path: zonePath(domain), to }) as const),
  ].filter(({ path }, index, all) => all.findIndex((other) => other.path === path) === index); // prettier-ignore
}

function certificatePlaces(domain: string, all: PartsRequest['certificates']): PartPlace[] {
  const paths = all.filter((one) => one.domain === domain).flatMap((one) => one.paths);
  return [...certificateFiles(domain, paths)].map(([path, to]) => {
    return { kind: 'certificate', item: `certificate:${domain}`, path, to };
  });
}

/** Where what lies at a path of a snapshot goes, and what of it lies below that. */
export function placeOf(
  path: BytePath,
  places: readonly PartPlace[],
): { place: PartPlace; below: BytePath } | undefined {
  const place = places.find((candidate) => isAtOrBelow(path, candidate.path));
  return place && { place, below: path.slice(place.path.length + 1) };
}

/** The request with these parts besides; what else the account may have is none of its matters. */
export function withOnly(
  request: CaptureRequest,
  parts: PartsRequest,
  standing: readonly StandingPart[],
): CaptureRequest {
  const only = [...(request.parts?.only ?? []), ...standing.map(({ part }) => part.path)];
  return { ...request, parts: { ...parts, problems: undefined, only } };
}
