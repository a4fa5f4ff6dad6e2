/** What must be there before sites are whole again, in sentences. */
import type { Site } from '../engine/sites/site.js';
import { t } from '../platform/messages.js';

export function coreWarnings(sites: readonly Site[]): string[] {
  return sites.flatMap(({ path, version = '', locale = 'en_US', coreLeftOut }) => {
    if (coreLeftOut === undefined) return [];
    const release = `WordPress ${version} (${locale})`;
    return t(
      '{count} core files of the site {path} were left out: unpack {release} there first, then restore.',
      { count: String(coreLeftOut), path, release },
    );
  });
}
