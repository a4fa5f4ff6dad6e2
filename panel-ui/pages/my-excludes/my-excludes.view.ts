import type { Actor } from '../../../daemon/auth/actor.js';
import { DEFAULT_EXCLUDES, MARKER_NAMES } from '../../../daemon/engine/capture/excludes.js';
import { displayPath } from '../../../daemon/engine/manifest/byte-path.js';
import { myAccountTabs, type TabView } from '../../my-account-tabs.js';
import { urls } from '../../routes.js';

export interface MyExcludesView {
  tabs: TabView[];
  action: string;
  /** One pattern in each line. */
  patterns: string;
  problem: string | undefined;
  defaults: readonly string[];
  markers: string[];
}

export function toMyExcludesView(
  actor: Actor,
  excludes: readonly string[],
  refused: { typed: string; problem: string } | undefined,
): MyExcludesView {
  return {
    tabs: myAccountTabs(actor, 'excludes'),
    action: urls.myExcludes(),
    patterns: refused?.typed ?? excludes.join('\n'),
    problem: refused?.problem,
    defaults: DEFAULT_EXCLUDES,
    markers: [...MARKER_NAMES].map(displayPath),
  };
}
