import { urls } from '../../routes.js';
import { displayText } from '../../wording.js';

export interface JobRemoveView {
  name: string;
  url: string;
  listUrl: string;
  action: string;
  problem: string | undefined;
}

export function toJobRemoveView(name: string, problem: string | undefined): JobRemoveView {
  return {
    name: displayText(name),
    url: urls.job(name),
    listUrl: urls.jobs(),
    action: urls.jobRemove(name),
    problem,
  };
}
