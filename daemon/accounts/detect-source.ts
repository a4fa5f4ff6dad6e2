import { AppError } from '../platform/errors.js';
import { sourceTitle } from './source-titles.js';

/** A file or folder that is there where a panel is installed, and nowhere else. */
const MARKERS = {
  cpanel: '/usr/local/cpanel/version',
  directadmin: '/usr/local/directadmin/directadmin',
  hestiacp: '/usr/local/hestia/conf/hestia.conf',
  plesk: '/usr/local/psa/version',
  virtualmin: '/etc/webmin/virtual-server',
} as const;

export type PanelSource = keyof typeof MARKERS;

/**
 * Which source has this server's accounts: its panel, or `linux` where there is none. Several panels
 * at once are an error, since only an admin knows which of them is in use.
 */
export function detectSource(exists: (path: string) => boolean): PanelSource | 'linux' {
  const panels = Object.keys(MARKERS) as PanelSource[];
  const [found, ...others] = panels.filter((panel) => exists(MARKERS[panel]));
  if (found === undefined) return 'linux';
  if (others.length === 0) return found;
  const marks = [found, ...others].map((panel) => `${sourceTitle(panel)} (${MARKERS[panel]})`);
  const message =
    `This server has marks of several panels: ${marks.join(', ')}. Set accounts.source to the one ` +
    `whose accounts are to be backed up, one of ${[found, ...others].join(', ')}, and restart.`;
  throw new AppError('source', 'accounts.several-panels', message);
}
