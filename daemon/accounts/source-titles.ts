/** Where accounts come from, as people call it. */
import { msg, t } from '../platform/messages.js';

const TITLES: Record<string, string> = {
  linux: msg('the users of this server'),
  directory: msg('the list in accounts.file'),
  cpanel: 'cPanel',
  directadmin: 'DirectAdmin',
  hestiacp: 'HestiaCP',
  plesk: 'Plesk',
  virtualmin: 'Virtualmin',
  auto: msg('a source that is still to be detected'),
};

export function sourceTitle(name: string): string {
  const title = TITLES[name];
  return title === undefined ? name : t(title);
}

export interface AccountOrigin {
  /** Of the account source. */
  name: string;
  /** Found by looking at the server, and not named in the configuration. */
  isDetected: boolean;
}

/** `cPanel (detected)`. */
export function originText({ name, isDetected }: AccountOrigin): string {
  const title = sourceTitle(name);
  return isDetected ? t('{source} (detected)', { source: title }) : title;
}
