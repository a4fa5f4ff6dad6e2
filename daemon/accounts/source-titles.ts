/** Where accounts come from, as people call it. */
const TITLES: Record<string, string> = {
  linux: 'the users of this server',
  directory: 'the list in accounts.file',
  cpanel: 'cPanel',
  directadmin: 'DirectAdmin',
  hestiacp: 'HestiaCP',
  plesk: 'Plesk',
  virtualmin: 'Virtualmin',
  auto: 'a source that is still to be detected',
};

export function sourceTitle(name: string): string {
  return TITLES[name] ?? name;
}

export interface AccountOrigin {
  /** Of the account source. */
  name: string;
  /** Found by looking at the server, and not named in the configuration. */
  isDetected: boolean;
}

/** `cPanel (detected)`. */
export function originText({ name, isDetected }: AccountOrigin): string {
  return isDetected ? `${sourceTitle(name)} (detected)` : sourceTitle(name);
}
