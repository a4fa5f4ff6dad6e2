import { createHash } from 'node:crypto';
import { closeSync, constants, openSync } from 'node:fs';
import { chmod, mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EngineHarness } from '../../testing/engine-harness.js';
import { tempDir } from '../../testing/temp-dir.js';
import { excludeMatcher } from '../capture/excludes.js';
import { CoreExcludes, leaveOutCore } from './core-files.js';
import type { Site } from './site.js';

const RULE = 'a core file of WordPress 6.4.2 (en_US)';
const CORE: Record<string, string> = {
  'index.php': '<?php // core',
  'wp-login.php': '<?php // login',
  'wp-admin/about.php': '<?php // about',
  'wp-includes/version.php': "<?php $wp_version = '6.4.2';",
};
/** In the release, but a site's own all the same. */
const OWN: Record<string, string> = {
  'wp-config.php': '<?php // mine',
  'wp-content/index.php': '<?php // Silence is golden.',
  'wp-content/plugins/akismet/akismet.php': '<?php /* Plugin Name: Akismet */',
};

const SITE: Site = {
  path: 'homedir/public_html',
  configPath: 'homedir/public_html/wp-config.php',
  version: '6.4.2',
  isDatabaseOwn: false,
  plugins: [],
  themes: [],
};

async function write(root: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
}

async function makeStage() {
  const home = await tempDir();
  const root = join(home, 'public_html');
  await write(root, { ...CORE, ...OWN });
  const directory = await tempDir();
  const checksums = Object.fromEntries(
    Object.entries({ ...CORE, ...OWN }).map(([name, text]) => {
      return [name, createHash('md5').update(text).digest('hex')];
    }),
  );
  const list = join(directory, '6.4.2-en_US.json');
  await writeFile(list, JSON.stringify({ checksums }));
  const homeFd = openSync(home, constants.O_RDONLY | constants.O_DIRECTORY);
  onTestFinished(() => {
    closeSync(homeFd);
  });
  return { home, root, directory, list, homeFd };
}

async function leaveOut(stage: Awaited<ReturnType<typeof makeStage>>, site: Site = SITE) {
  const { homeFd, directory } = stage;
  const excludes = new CoreExcludes(excludeMatcher({ patterns: [], useDefaults: false }), homeFd);
  const problems: string[] = [];
  const links = { isForeignLinkAllowed: false, accountUid: process.getuid?.() ?? 0 };
  const [told] = await leaveOutCore([site], {
    ...{ homeFd, links, excludes, directory, signal: new AbortController().signal },
    onProblem: (message) => problems.push(message),
  });
  const ruleOf = (name: string) => excludes.match(`public_html/${name}`, false);
  return { count: told?.coreLeftOut, problems, ruleOf };
}

describe('leaveOutCore', () => {
  it('leaves out the files of the release, and nothing else', async () => {
    const stage = await makeStage();
    await write(stage.root, { 'wp-admin/extra.php': '', 'wp-login.php': '<?php // changed' });
    const { count, problems, ruleOf } = await leaveOut(stage);
    expect([count, problems]).toEqual([3, []]);
    const left = ['index.php', 'wp-admin/about.php', 'wp-includes/version.php'];
    for (const name of left) expect(ruleOf(name)).toBe(RULE);
    const kept = ['wp-login.php', 'wp-admin/extra.php', ...Object.keys(OWN)];
    for (const name of kept) expect(ruleOf(name)).toBeUndefined();
  });

  it('keeps a file that is no longer the one that was compared', async () => {
    const stage = await makeStage();
    const { ruleOf } = await leaveOut(stage);
    const about = join(stage.root, 'wp-admin/about.php');
    await writeFile(about, CORE['wp-admin/about.php']?.replace('about', 'other') ?? '');
    await utimes(about, 1, 1);
    await rm(join(stage.root, 'index.php'));
    await writeFile(join(stage.root, 'index.php'), CORE['index.php'] ?? '');
    await rename(join(stage.root, 'wp-includes'), join(stage.root, 'aside'));
    await symlink('aside', join(stage.root, 'wp-includes'));
    for (const name of Object.keys(CORE).filter((file) => file !== 'wp-login.php')) {
      expect(ruleOf(name)).toBeUndefined();
    }
    expect(ruleOf('wp-login.php')).toBe(RULE);
  });

  it.each<[string, Partial<Site>]>([
    ['another release', { version: '6.4.3' }],
    ['another language', { locale: 'de_DE' }],
    ['a version that leads elsewhere', { version: '../6.4.2' }],
    ['a locale that leads elsewhere', { locale: 'x/../en_US' }],
  ])('knows nothing of %s', async (_, more) => {
    const { count, problems } = await leaveOut(await makeStage(), { ...SITE, ...more });
    expect([count, problems]).toEqual([undefined, []]);
  });

  it('believes no checksums that others can change, or that are none', async () => {
    const stage = await makeStage();
    await chmod(stage.list, 0o666);
    const open = await leaveOut(stage);
    expect([open.count, open.problems.length]).toEqual([undefined, 1]);
    await chmod(stage.list, 0o600);
    await chmod(stage.directory, 0o777);
    expect((await leaveOut(stage)).problems[0]).toContain(stage.directory);
    await chmod(stage.directory, 0o700);
    await writeFile(stage.list, '{"checksums":{"index.php":1}}');
    expect((await leaveOut(stage)).problems).toHaveLength(1);
    await rename(stage.list, join(stage.directory, 'list'));
    await symlink('list', stage.list);
    expect((await leaveOut(stage)).problems).toHaveLength(1);
  });
});

describe('a backup', () => {
  it.each(['compressed', 'incremental'] as const)(
    '(%s) lists core files as left out, only when it was asked to',
    async (structure) => {
      const { home, directory } = await makeStage();
      const harness = await EngineHarness.make(await tempDir(), { home });
      const excludes = { patterns: [], useDefaults: false };
      const plain = await harness.backup({ structure, excludes });
      expect([plain.excluded, plain.sites?.[0]?.coreLeftOut]).toEqual([0, undefined]);
      const asked = { ...excludes, coreChecksums: directory };
      const summary = await harness.backup({ structure, excludes: asked });
      expect(summary).toMatchObject({
        state: 'complete',
        excluded: 4,
        sites: [{ coreLeftOut: 4 }],
      });
      expect(summary.files).toBe(plain.files - 4);
      expect(summary.leftOut).toContainEqual({
        path: 'homedir/public_html/index.php',
        code: 'excluded',
        message: RULE,
      });
    },
  );
});
