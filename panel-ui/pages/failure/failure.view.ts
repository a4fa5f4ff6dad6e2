import { msg, t } from '../../../daemon/platform/messages.js';
import { urls } from '../../routes.js';
import { displayText } from '../../wording.js';

export interface FailureView {
  heading: string;
  message: string;
  homeUrl: string;
}

const HEADINGS: Record<number, string> = {
  401: msg('Please sign in'),
  403: msg('Not allowed'),
  404: msg('Not found'),
  409: msg('Not now'),
  413: msg('Too much at once'),
  421: msg('Wrong address'),
  429: msg('Too many attempts'),
  502: msg('The other side does not answer'),
};

export function toFailureView(failure: { status: number; message: string }): FailureView {
  const fallback = failure.status >= 500 ? msg('Something went wrong') : msg('That did not work');
  return {
    heading: t(HEADINGS[failure.status] ?? fallback),
    message: displayText(failure.message),
    homeUrl: urls.dashboard(),
  };
}
