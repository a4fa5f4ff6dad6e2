/** A WordPress site as a snapshot tells it: where it lies, what it consists of, where its data are. */
import { z } from 'zod';

/** A plugin or a theme. */
const sitePart = z.strictObject({
  /** How WordPress names it: a plugin's file below `wp-content/plugins`, a theme's folder. */
  id: z.string(),
  name: z.string(),
  version: z.string().optional(),
  /** Undefined: its database did not tell. */
  isActive: z.boolean().optional(),
});
export type SitePart = z.infer<typeof sitePart>;

export const siteShape = z.strictObject({
  /** Path reference of its folder in the snapshot, such as `homedir/public_html`. */
  path: z.string(),
  /** Path reference of its wp-config.php: in that folder, or in the one above. */
  configPath: z.string(),
  title: z.string().optional(),
  url: z.string().optional(),
  version: z.string().optional(),
  /** Of its core files, such as `de_DE`; undefined: en_US. */
  locale: z.string().optional(),
  /** As wp-config.php names it, wherever that is. */
  database: z.string().optional(),
  /** Whether that is a database of the account on this server, and so in the snapshot. */
  isDatabaseOwn: z.boolean(),
  /** Of its tables. */
  prefix: z.string().optional(),
  /** How many core files the snapshot leaves out, as they are those of the release. */
  coreLeftOut: z.int().positive().optional(),
  plugins: z.array(sitePart),
  themes: z.array(sitePart),
});
export type Site = z.infer<typeof siteShape>;

/** Where the sites of a snapshot are described for people and other programs. */
export const SITES_FILE = 'sites.json';

/** What WordPress itself allows. */
const PREFIX = /^[A-Za-z0-9_]{1,50}$/;

export function isTablePrefix(prefix: string): boolean {
  return PREFIX.test(prefix);
}
