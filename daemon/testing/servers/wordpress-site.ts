/**
 * A real WordPress site in an account's home: Debian's package, on a MariaDB database of its own, served
 * on loopback by PHP as the account's user. What changes it is its own code.
 */
import { randomBytes } from 'node:crypto';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../platform/processes.js';
import { MARIADB_TOOLS, type MariadbTestServer } from './mariadb-server.js';
import { startServerScript } from './server-script.js';

/** For `needsTool`; the package wordpress has wp-setup. */
export const WORDPRESS_TOOLS = [...MARIADB_TOOLS, 'php', 'setpriv', 'wp-setup'];

const PACKAGE = '/usr/share/wordpress';
const SCRIPT = fileURLToPath(new URL('wordpress-site.php', import.meta.url));

export interface WordpressOptions {
  mariadb: MariadbTestServer;
  /** The site's folder: one that does not exist yet in a home that does. */
  root: string;
  /** Made for it, with a user of the same name. */
  database: string;
  /** Of its tables; `wp_` when not given. */
  prefix?: string;
  title?: string;
  /** Whose files it consists of; uid and gid. As root only. */
  owner: [uid: number, gid: number];
}

export interface WordpressSite {
  root: string;
  database: string;
  prefix: string;
  /** `http://127.0.0.1:PORT`, without a slash at its end; it stays the same until `stop`. */
  url: string;
  /** What a visitor gets; `path` begins with a slash. */
  fetch(path: string): Promise<{ status: number; body: string }>;
  /** A post with a picture: paths of its page and of the picture. */
  addPost(title: string): Promise<{ path: string; media: string }>;
  /** A plugin of one file, of this version, activated. Once more: its new version. */
  addPlugin(slug: string, version: string): Promise<void>;
  /** The server ends; files and database stay. */
  stop(): Promise<void>;
}

/** Installs a site and serves it. The caller stops it before the database server. */
export async function startWordpress(options: WordpressOptions): Promise<WordpressSite> {
  const { mariadb, root, database, prefix = 'wp_', owner } = options;
  const [uid, gid] = owner;
  await mkdir(root);
  await cp(PACKAGE, root, { recursive: true, dereference: true, filter: isOfTheSite });
  await mkdir(join(root, 'wp-content', 'uploads'));
  await writeFile(join(root, 'wp-config.php'), await configure(mariadb, database, prefix));
  await giveAway(root, owner);
  const env = { SITE: root, SITE_UID: String(uid), SITE_GID: String(gid) };
  const server = await startServerScript('php-server.sh', 1, env);
  const url = `http://127.0.0.1:${String(server.ports[0])}`;
  const php = async <Answer>(command: string, asked: object): Promise<Answer> => {
    const args = [SCRIPT, root, command, JSON.stringify({ url, ...asked })];
    const as = process.geteuid?.() === 0 ? { uid, gid } : {};
    const { stdout } = await run('php', args, { ...as, env: { TMPDIR: join(root, '..') } });
    return JSON.parse(stdout.toString('utf8').trimEnd().split('\n').at(-1) ?? '') as Answer;
  };
  await php('install', { title: options.title ?? 'Wörld of “Tests”' });
  return {
    ...{ root, database, prefix, url },
    fetch: async (path) => {
      const answer = await fetch(`${url}${path}`, { redirect: 'manual' });
      return { status: answer.status, body: await answer.text() };
    },
    addPost: (title) => php('post', { title }),
    addPlugin: async (slug, version) => {
      const folder = join(root, 'wp-content', 'plugins', slug);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, `${slug}.php`), pluginText(slug, version));
      await giveAway(folder, owner);
      await php('activate', { plugin: `${slug}/${slug}.php` });
    },
    stop: () => server.close(),
  };
}

/** Debian's own configuration and links into /etc are no part of a site. */
function isOfTheSite(path: string): boolean {
  return path !== `${PACKAGE}/wp-config.php` && path !== `${PACKAGE}/.htaccess`;
}

async function giveAway(path: string, [uid, gid]: [number, number]): Promise<void> {
  if (process.geteuid?.() === 0) await run('chown', ['-R', `${String(uid)}:${String(gid)}`, path]);
}

async function configure(
  { server, sql }: MariadbTestServer,
  database: string,
  prefix: string,
): Promise<string> {
  const password = randomBytes(12).toString('hex');
  await sql(`CREATE DATABASE IF NOT EXISTS \`${database}\` CHARACTER SET utf8mb4;
    CREATE OR REPLACE USER '${database}'@localhost IDENTIFIED BY '${password}';
    GRANT ALL ON \`${database}\`.* TO '${database}'@localhost`);
  return `<?php
define( 'DB_NAME', '${database}' );
define( 'DB_USER', '${database}' );
define( 'DB_PASSWORD', '${password}' );
define( 'DB_HOST', 'localhost:${server.socketPath}' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
define( 'AUTH_KEY', '${randomBytes(24).toString('hex')}' );
$table_prefix = '${prefix}';
/* Nothing calls home, and no visit changes anything. */
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'DISABLE_WP_CRON', true );
if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', __DIR__ . '/' );
}
require_once ABSPATH . 'wp-settings.php';
`;
}

function pluginText(slug: string, version: string): string {
  return `<?php
/**
 * Plugin Name: ${slug}
 * Version: ${version}
 */
add_action( 'wp_footer', function () { echo '<p>${slug} ${version}</p>'; } );
`;
}
