import { urls } from '../../routes.js';
import { displayText } from '../../wording.js';

export interface FailureView {
  heading: string;
  message: string;
  homeUrl: string;
}

const HEADINGS: Record<number, string> = {
  401: 'Please sign in',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Not now',
  413: 'Too much at once',
  421: 'Wrong address',
  429: 'Too many attempts',
  502: 'The other side does not answer',
};

export function toFailureView(failure: { status: number; message: string }): FailureView {
  const fallback = failure.status >= 500 ? 'Something went wrong' : 'That did not work';
  return {
    heading: HEADINGS[failure.status] ?? fallback,
    message: displayText(failure.message),
    homeUrl: urls.dashboard(),
  };
}
