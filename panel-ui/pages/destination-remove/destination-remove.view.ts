import type { StoredDestination } from '../../../daemon/jobs/destination.entity.js';
import { placeText } from '../../destination-view.js';
import { urls } from '../../routes.js';
import { displayText } from '../../wording.js';

export interface DestinationRemoveView {
  name: string;
  place: string;
  url: string;
  listUrl: string;
  action: string;
  /** Its stored data can be erased, too. */
  canErase: boolean;
  problem: string | undefined;
}

export function toDestinationRemoveView(
  row: StoredDestination,
  problem: string | undefined,
): DestinationRemoveView {
  return {
    name: displayText(row.name),
    place: placeText(row),
    url: urls.destination(row.name),
    listUrl: urls.destinations(),
    action: urls.destinationRemove(row.name),
    canErase: !row.isReadOnly,
    problem,
  };
}
