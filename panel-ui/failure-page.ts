/**
 * What a browser sees when something failed. The HTTP filter translates the error and calls this;
 * it must not throw, since nobody would catch it.
 */
import type { Response } from 'express';
import type { FailurePage } from '../daemon/api/error.filter.js';
import type { HttpFailure } from '../daemon/api/failure.js';
import type { HoldfastRequest } from '../daemon/api/request.js';
import { toFailureView } from './pages/failure/failure.view.js';
import { safeReturnPath, urls } from './routes.js';
import type { PanelPages } from './panel-pages.js';

/** Shows failures as pages; a caller who is not signed in is sent to sign in instead. */
export function failurePage(pages: PanelPages): FailurePage {
  return (request, response, failure) => {
    try {
      show(pages, request, response, failure);
    } catch {
      response.type('text/plain').send(failure.message);
    }
  };
}

function show(
  pages: PanelPages,
  request: HoldfastRequest,
  response: Response,
  failure: HttpFailure,
): void {
  const exchange = { request, response };
  if (failure.status === 401) {
    pages.redirectToSignIn(exchange);
    return;
  }
  if (failure.code === 'auth.not-fresh') {
    pages.redirect(exchange, urls.confirm(pageBehind(request)));
    return;
  }
  const model = toFailureView(failure);
  pages.page(exchange, 'failure', model, { title: model.heading, status: failure.status });
}

/** Where to go on once it was shown who asks: the page itself, or the one whose form was sent. */
function pageBehind(request: HoldfastRequest): string {
  if (request.method === 'GET') return safeReturnPath(request.originalUrl);
  const { referer } = request.headers;
  if (referer === undefined || !URL.canParse(referer)) return urls.myAccount();
  const { pathname, search } = new URL(referer);
  return safeReturnPath(pathname + search);
}
