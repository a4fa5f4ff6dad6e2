/**
 * Finds the WordPress sites of a home by their files: where an account's document roots are known,
 * there, and in the usual places. Neighbours: home-look.ts bounds what is read, site-options.ts asks
 * the databases.
 */
import type { AccountIdentity } from '../types.js';
import { MARKER_NAMES, type ExcludeMatcher } from '../capture/excludes.js';
import { HOME } from '../capture/item-totals.js';
import { fromText, parentOf, pathReference, toText } from '../manifest/byte-path.js';
import type { BytePath } from '../manifest/entry.js';
import type { HomeLook, ListedName, LookLimits } from './home-look.js';
import { readPhpTexts } from './php-text.js';
import { isTablePrefix, type Site, type SitePart } from './site.js';

export const LOOK_LIMITS: LookLimits = {
  folders: 10_000,
  names: 10_000,
  files: 20_000,
  bytes: 64 * 1024 * 1024,
};
const MAX_SITES = 100;
/** Of all sites together: each is listed in every snapshot file. */
const MAX_PARTS = 2_000;
const MAX_DEPTH = 3;

const USUAL_PLACES = ['public_html', 'www', 'htdocs', 'web'];
/** Each folder in them has a document root. */
const PER_DOMAIN = ['domains', 'web'];
const NEVER_ENTERED: ReadonlySet<BytePath> = new Set([
  'wp-admin',
  'wp-content',
  'wp-includes',
  'node_modules',
  'vendor',
]);

const CONFIG_BYTES = 256 * 1024;
const VERSION_BYTES = 16 * 1024;
/** WordPress reads no more of a header. */
const HEADER_BYTES = 8 * 1024;
const MAX_TEXT = 200;
const FILES_OF_A_PLUGIN = 30;

export interface SitesRequest {
  account: Pick<AccountIdentity, 'home'>;
  /** Absolute; undefined: nobody knows them. */
  documentRoots?: readonly string[] | undefined;
}

/** A site without what its database tells. */
export type FoundSite = Omit<Site, 'isDatabaseOwn'> & { host: string | undefined };

/** In the order of their paths. */
export function findSites(
  request: SitesRequest,
  look: HomeLook,
  excludes: ExcludeMatcher,
): FoundSite[] {
  const search = new SiteSearch(look, excludes);
  for (const place of placesOf(request, look)) search.below(place);
  return search.sites.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function placesOf({ account, documentRoots = [] }: SitesRequest, look: HomeLook): Set<BytePath> {
  const { home } = account;
  const known = documentRoots
    .filter((root) => root === home || root.startsWith(`${home}/`))
    .filter((root) => !/\/\.{0,2}(?:\/|$)/.test(root))
    .map((root) => fromText(root.slice(home.length + 1)));
  const perDomain = PER_DOMAIN.flatMap((top) =>
    folders(look.list(top)).map((name) => `${top}/${name}/public_html`),
  );
  return new Set([...known, ...USUAL_PLACES, ...perDomain]);
}

function folders(listed: readonly ListedName[]): BytePath[] {
  return listed.filter(({ isFolder }) => isFolder).map(({ name }) => name);
}

class SiteSearch {
  readonly sites: FoundSite[] = [];
  private readonly seen = new Set<BytePath>();
  private parts = 0;

  constructor(
    private readonly look: HomeLook,
    private readonly excludes: ExcludeMatcher,
  ) {}

  /** Breadth first, so that limits cost what lies deepest. */
  below(place: BytePath): void {
    if (this.isExcluded(place)) return;
    let level = [place];
    for (let depth = 0; depth <= MAX_DEPTH; depth += 1) {
      level = level.flatMap((folder) => this.visit(folder));
    }
  }

  /** Answers the folders in it that may hold sites. */
  private visit(folder: BytePath): BytePath[] {
    if (this.seen.has(folder)) return [];
    this.seen.add(folder);
    const listed = this.look.list(folder);
    if (listed.some(({ name }) => MARKER_NAMES.has(name))) return [];
    if (listed.some(({ name, isFolder }) => isFolder && name === 'wp-includes')) {
      this.addSite(folder, listed);
    }
    return folders(listed)
      .filter((name) => !NEVER_ENTERED.has(name) && !name.startsWith('.'))
      .map((name) => within(folder, name))
      .filter((path) => !this.isExcluded(path));
  }

  private isExcluded(path: BytePath): boolean {
    const above = parentOf(path);
    if (above !== '' && this.isExcluded(above)) return true;
    return this.excludes.match(path, true) !== undefined;
  }

  private addSite(folder: BytePath, listed: readonly ListedName[]): void {
    const version = this.look.read(within(folder, 'wp-includes/version.php'), VERSION_BYTES);
    const config = version === undefined ? undefined : this.configOf(folder, listed);
    if (version === undefined || config === undefined) return;
    if (this.sites.length >= MAX_SITES) {
      this.look.isCut = true;
      return;
    }
    const { variables: core } = readPhpTexts(version.toString('utf8'));
    const { constants, variables } = readPhpTexts(config.bytes.toString('utf8'));
    const prefix = variables.get('table_prefix');
    this.sites.push({
      path: inSnapshot(folder),
      configPath: inSnapshot(config.path),
      ...known({
        version: cleaned(core.get('wp_version')),
        locale: cleaned(core.get('wp_local_package')),
        url: cleaned(constants.get('WP_HOME') ?? constants.get('WP_SITEURL')),
        database: cleaned(constants.get('DB_NAME')),
        prefix: prefix !== undefined && isTablePrefix(prefix) ? prefix : undefined,
      }),
      host: constants.get('DB_HOST'),
      plugins: this.pluginsOf(within(folder, 'wp-content/plugins')),
      themes: this.themesOf(within(folder, 'wp-content/themes')),
    });
  }

  /** As WordPress looks for it: in the folder above only when no other site lies there. */
  private configOf(
    folder: BytePath,
    listed: readonly ListedName[],
  ): { path: BytePath; bytes: Buffer } | undefined {
    const read = (path: BytePath): { path: BytePath; bytes: Buffer } | undefined => {
      const bytes = this.look.read(path, CONFIG_BYTES);
      return bytes === undefined ? undefined : { path, bytes };
    };
    if (listed.some(({ name }) => name === 'wp-config.php')) {
      return read(within(folder, 'wp-config.php'));
    }
    if (folder === '') return undefined;
    const above = parentOf(folder);
    if (this.look.read(within(above, 'wp-settings.php'), 1) !== undefined) return undefined;
    return read(within(above, 'wp-config.php'));
  }

  private pluginsOf(folder: BytePath): SitePart[] {
    return this.partsOf(this.look.list(folder), ({ name, isFolder, isFile }) => {
      if (isFile && name.endsWith('.php')) return this.pluginIn(folder, [name]);
      if (!isFolder) return undefined;
      const files = this.look
        .list(`${folder}/${name}`)
        .filter((file) => file.isFile && file.name.endsWith('.php'))
        .map((file) => file.name);
      const first = files.filter((file) => file === `${name}.php`);
      const others = files.filter((file) => file !== `${name}.php`);
      const tried = [...first, ...others].slice(0, FILES_OF_A_PLUGIN);
      return this.pluginIn(
        folder,
        tried.map((file) => `${name}/${file}`),
      );
    });
  }

  /** The first of these files, relative to the folder, that has a plugin's header. */
  private pluginIn(folder: BytePath, files: readonly BytePath[]): SitePart | undefined {
    for (const file of files) {
      const head = this.look.read(`${folder}/${file}`, HEADER_BYTES)?.toString('utf8') ?? '';
      const name = headerOf(head, 'Plugin Name');
      if (name !== undefined) return partOf(file, name, head);
    }
    return undefined;
  }

  private themesOf(folder: BytePath): SitePart[] {
    return this.partsOf(this.look.list(folder), ({ name, isFolder }) => {
      if (!isFolder) return undefined;
      const head = this.look.read(`${folder}/${name}/style.css`, HEADER_BYTES)?.toString('utf8');
      const title = head === undefined ? undefined : headerOf(head, 'Theme Name');
      return head === undefined || title === undefined ? undefined : partOf(name, title, head);
    });
  }

  private partsOf(
    listed: readonly ListedName[],
    read: (listed: ListedName) => SitePart | undefined,
  ): SitePart[] {
    const parts: SitePart[] = [];
    for (const name of listed) {
      if (this.parts >= MAX_PARTS) {
        this.look.isCut = true;
        break;
      }
      const part = read(name);
      if (part === undefined) continue;
      this.parts += 1;
      parts.push(part);
    }
    return parts;
  }
}

function partOf(id: BytePath, name: string, head: string): SitePart {
  return { id: toText(id) ?? pathReference(id), name, ...known({ version: headerOf(head, 'Version') }) }; // prettier-ignore
}

/** As WordPress reads it (`get_file_data`). */
export function headerOf(head: string, field: 'Plugin Name' | 'Theme Name' | 'Version') {
  const line = new RegExp(`^(?:[ \\t]*<\\?php)?[ \\t/*#@]*${field}:(.*)$`, 'im').exec(head)?.[1];
  return cleaned(line?.replace(/(?:\*\/|\?>).*/, ''));
}

/** One line of reasonable length; undefined when nothing is left. */
export function cleaned(text: string | undefined): string | undefined {
  // eslint-disable-next-line no-control-regex -- exactly these are none of a text
  const clean = text?.replace(/[\x00-\x1f\x7f-\x9f\ufffd]+/g, ' ').trim();
  return clean === undefined || clean === '' ? undefined : clean.slice(0, MAX_TEXT).trim();
}

function within(folder: BytePath, name: BytePath): BytePath {
  return folder === '' ? name : `${folder}/${name}`;
}

function inSnapshot(path: BytePath): string {
  return pathReference(path === '' ? HOME : `${HOME}/${path}`);
}

/** Without what is not known. */
export function known<Key extends string>(
  fields: Record<Key, string | undefined>,
): Partial<Record<Key, string>> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<Record<Key, string>>;
}
