import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ASSET_NAMES, assetUrls, loadAssets } from './assets.js';
import { ICON_NAMES } from './wording.js';

const assets = loadAssets();

describe('assets', () => {
  it('are compressed as they are', () => {
    for (const name of ASSET_NAMES) {
      expect(gunzipSync(assets[name].gzipped).equals(assets[name].body)).toBe(true);
    }
  });

  it('stay within 150 kB on the wire', () => {
    const total = ASSET_NAMES.reduce((sum, name) => sum + assets[name].gzipped.length, 0);
    expect(total).toBeLessThan(150_000);
  });

  it('have addresses that change with their content', () => {
    expect(assetUrls(assets)['holdfast.css']).toMatch(/^\/assets\/holdfast\.css\?v=[0-9a-f]{12}$/);
  });

  it('load nothing from elsewhere', () => {
    for (const name of ['bootstrap.css', 'holdfast.css'] as const) {
      expect(assets[name].body.toString()).not.toMatch(/@import|url\(["']?(?:https?:)?\/\//);
    }
  });

  it('have a symbol for every icon', () => {
    const sprite = assets['icons.svg'].body.toString();
    for (const name of ['mark', ...ICON_NAMES]) expect(sprite).toContain(`<symbol id="${name}"`);
  });
});
