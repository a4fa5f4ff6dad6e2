/** The sites of an account as an entry of its snapshot. */
import { toAppError } from '../../platform/errors.js';
import type { LinkRule } from '../capture/file-reading.js';
import { CONFIG } from '../capture/item-totals.js';
import { madeUpFile } from '../capture/made-up.js';
import type { Found } from '../capture/slab-cutter.js';
import type { CaptureContext, CaptureRequest } from '../types.js';
import { leaveOutCore, type CoreExcludes } from './core-files.js';
import { findSites, LOOK_LIMITS } from './find-sites.js';
import { HomeLook } from './home-look.js';
import { withOptions } from './site-options.js';
import { SITES_FILE, type Site } from './site.js';

export interface SitesLook {
  homeFd: number;
  links: LinkRule;
  excludes: CoreExcludes;
  context: Pick<CaptureContext, 'log' | 'signal'>;
  now: Date;
  /** Called once, when they are known. */
  onSites: (sites: Site[]) => void;
}

/** Nothing when there are none. Whatever goes wrong costs their description, never the backup. */
export async function* captureSites(
  request: CaptureRequest,
  { homeFd, links, excludes, context, now, onSites }: SitesLook,
): AsyncGenerator<Found> {
  let sites: Site[];
  try {
    const look = new HomeLook(homeFd, links, LOOK_LIMITS);
    const found = findSites(request, look, excludes);
    if (look.isCut) context.log('warn', 'There is more below the home than is looked through for sites; not all of them are listed. Their files are stored all the same.'); // prettier-ignore
    const onProblem = (message: string): void => {
      context.log('info', message);
    };
    sites = await withOptions(found, request.databases, onProblem);
    const directory = request.excludes.coreChecksums;
    if (directory !== undefined) {
      const { signal } = context;
      sites = await leaveOutCore(sites, { homeFd, links, excludes, directory, signal, onProblem });
    }
  } catch (error) {
    context.log('warn', `Sites could not be looked for: ${toAppError(error).message}`);
    return;
  }
  onSites(sites);
  if (sites.length === 0) return;
  const text = `${JSON.stringify({ sites }, null, 2)}\n`;
  yield madeUpFile(`${CONFIG}/${SITES_FILE}`, Buffer.from(text), now);
}
