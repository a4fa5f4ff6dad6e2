import { urls } from '../../routes.js';

/** A link is used up by a click on the page's button, so that a preview of the link in a chat or
 * a mail scanner does not use it. */
export interface SignInLinkView {
  action: string;
  problem: string | undefined;
  signInUrl: string;
}

export function toSignInLinkView(token: string, problem: string | undefined): SignInLinkView {
  return { action: urls.signInLink(token), problem, signInUrl: urls.signIn() };
}
