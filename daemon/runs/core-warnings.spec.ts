import { describe, expect, it } from 'vitest';
import type { Site } from '../engine/sites/site.js';
import { coreWarnings } from './core-warnings.js';

const SITE: Site = {
  path: 'homedir/public_html',
  configPath: 'homedir/public_html/wp-config.php',
  version: '6.4.2',
  isDatabaseOwn: true,
  plugins: [],
  themes: [],
};

describe('coreWarnings', () => {
  it('name the release to unpack, of sites that need it', () => {
    const german = { ...SITE, path: 'homedir/blog', locale: 'de_DE', coreLeftOut: 7 };
    expect(coreWarnings([{ ...SITE, coreLeftOut: 4 }, SITE, german])).toEqual([
      '4 core files of the site homedir/public_html were left out: unpack WordPress 6.4.2 (en_US) there first, then restore.',
      '7 core files of the site homedir/blog were left out: unpack WordPress 6.4.2 (de_DE) there first, then restore.',
    ]);
  });
});
