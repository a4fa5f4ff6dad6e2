/**
 * The panel's static files: a fixed list, read once at boot, compressed once, each under a version
 * made of its content so that browsers may keep it for ever. Nothing outside the list is served,
 * and no page loads anything from elsewhere.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { packageFile, projectFile } from '../daemon/platform/project-files.js';
import { urls } from './routes.js';
import { ICON_NAMES } from './wording.js';

export interface Asset {
  type: string;
  version: string;
  body: Buffer;
  gzipped: Buffer;
}

export const ASSET_NAMES = [
  'bootstrap.css',
  'holdfast.css',
  'htmx.js',
  'live.js',
  'zone.js',
  'icons.svg',
  'favicon.svg',
] as const;

export type AssetName = (typeof ASSET_NAMES)[number];

/** Addresses of all assets, version included, for the layout. */
export type AssetUrls = Record<AssetName, string>;

/** Our style sheet in the order it cascades; sent as one. */
const STYLES = [
  'tokens.css',
  'frame.css',
  'controls.css',
  'panels.css',
  'destinations.css',
  'charts.css',
  'tables.css',
  'sign-in.css',
  'calendar.css',
];

/** Reads every asset; throws at boot when one is missing. */
export function loadAssets(): Record<AssetName, Asset> {
  return {
    'bootstrap.css': asset('text/css', bootstrapCss()),
    'holdfast.css': asset('text/css', Buffer.concat(STYLES.map(ownFile))),
    'htmx.js': asset('text/javascript', readFileSync(packageFile('htmx.org', 'dist/htmx.min.js'))),
    'live.js': asset('text/javascript', ownFile('live.js')),
    'zone.js': asset('text/javascript', ownFile('zone.js')),
    'icons.svg': asset('image/svg+xml', Buffer.from(iconSprite())),
    'favicon.svg': asset('image/svg+xml', ownFile('mark.svg')),
  };
}

export function assetUrls(assets: Record<AssetName, Asset>): AssetUrls {
  const entries = ASSET_NAMES.map((name) => [name, urls.asset(name, assets[name].version)]);
  return Object.fromEntries(entries) as AssetUrls;
}

function ownFile(name: string): Buffer {
  return readFileSync(projectFile('panel-ui/assets', name));
}

/** Without the pointer to a source map, which is not served. */
function bootstrapCss(): Buffer {
  const css = readFileSync(packageFile('bootstrap', 'dist/css/bootstrap.min.css'), 'utf8');
  return Buffer.from(css.replace(/\/\*# sourceMappingURL=.*?\*\/\s*$/, ''));
}

/** One symbol for each icon the panel uses; the package's own sprite holds 2,000 in 1.1 MB. */
function iconSprite(): string {
  const own = symbol('mark', ownFile('mark.svg').toString());
  const kept = ICON_NAMES.map((name) =>
    symbol(name, readFileSync(packageFile('bootstrap-icons', 'icons', `${name}.svg`), 'utf8')),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg">${own}${kept.join('')}</svg>\n`;
}

function symbol(id: string, svg: string): string {
  const match = /<svg[^>]*viewBox="([^"]+)"[^>]*>([\s\S]*)<\/svg>/.exec(svg);
  if (match === null) throw new Error(`The icon ${id} is not an SVG with a viewBox.`);
  return `<symbol id="${id}" viewBox="${match[1]}" fill="currentColor">${match[2]?.trim()}</symbol>`;
}

function asset(type: string, body: Buffer): Asset {
  const version = createHash('sha256').update(body).digest('hex').slice(0, 12);
  return { type: `${type}; charset=utf-8`, version, body, gzipped: gzipSync(body, { level: 9 }) };
}
