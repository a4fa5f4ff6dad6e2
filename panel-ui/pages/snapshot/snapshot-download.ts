/** What of a snapshot may be downloaded at once, and how much that is. Pure. */
import { t } from '../../../daemon/platform/messages.js';
import { knownSize, type KnownSize } from '../../../daemon/runs/known-size.js';
import { kindOfItem } from '../../../daemon/runs/item-permissions.js';
import { sizeText } from '../../wording.js';
import type { SnapshotInput, SnapshotView } from './snapshot.view.js';

type DownloadView = Pick<SnapshotView, 'downloadAll' | 'canCpmove' | 'downloadLimit'>;
const NOTHING: DownloadView = {
  downloadAll: undefined,
  canCpmove: false,
  downloadLimit: undefined,
};

/** `isOffered`: the viewer may download something. */
export function downloadOf(input: SnapshotInput, isOffered: boolean): DownloadView {
  const { maxDownloadBytes: most } = input;
  if (!isOffered) return NOTHING;
  const canCpmove = input.mayCpmove === true;
  const { bytes, isExact } = sizeOfEverything(input);
  const size = sizeText(bytes);
  const all = isExact ? t('Download everything ({size})', { size }) : t('Download everything');
  if (most === undefined) return { downloadAll: all, canCpmove, downloadLimit: undefined };
  const limit = sizeText(most);
  if (bytes <= most) {
    return {
      downloadAll: all,
      canCpmove,
      downloadLimit: t('A download holds at most {limit}.', { limit }),
    };
  }
  const told = { size: isExact ? size : t('at least {size}', { size }), limit };
  const downloadLimit = t('A download holds at most {limit}, and everything is {size}: tick what you need, in several downloads.', told); // prettier-ignore
  return { ...NOTHING, downloadLimit };
}

/** Of what the viewer may download. */
function sizeOfEverything({ snapshot: { summary }, permitted }: SnapshotInput): KnownSize {
  const kinds = permitted.download;
  const items = kinds === undefined ? [] : (summary?.items ?? []);
  const names = items
    .map(({ name }) => name)
    .filter((name) => {
      const kind = kindOfItem(name);
      return kind !== undefined && kinds?.has(kind) === true;
    });
  return knownSize({ paths: [], items: names }, summary);
}
