/** The panel of a server on which nothing was backed up yet. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { signIn, startEmptyPanel, type PanelDaemon, type Visitor } from '../daemon/testing/panel-daemon.js'; // prettier-ignore
import { makeTempDir, removeTempDir } from '../daemon/testing/temp-dir.js';
import { problemsIn } from '../daemon/testing/valid-html.js';

let directory: string;
let panel: PanelDaemon;
let anna: Visitor;

beforeAll(async () => {
  directory = await makeTempDir();
  panel = await startEmptyPanel(directory);
  anna = await signIn(panel, 'anna');
});

afterAll(async () => {
  await panel.daemon.stop();
  await removeTempDir(directory);
});

it.each([
  ['/restore', 'Not backed up yet'],
  ['/find?q=index', 'Nothing of that name'],
])('%s says so, and asks nobody to wait', async (url, said) => {
  const page = await anna.agent.get(url).expect(200);
  expect(page.text).toContain(said);
  expect(page.text).not.toContain('try again');
  expect(await problemsIn(page)).toEqual([]);
});

it('has no versions of any file', async () => {
  const page = await anna.agent.get('/find/versions?path=homedir/a.txt').expect(404);
  expect(page.text).toContain('holds anything at');
});
