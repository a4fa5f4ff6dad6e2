/** The panel of a server on which nothing was backed up yet. */
import { expect, it } from 'vitest';
import { onPanel } from '../daemon/testing/on-panel.js';
import {
  type PanelDaemon,
  signIn,
  startEmptyPanel,
  type Visitor,
} from '../daemon/testing/panel-daemon.js';
import { problemsIn } from '../daemon/testing/valid-html.js';

let panel: PanelDaemon;
let anna: Visitor;

onPanel(async (started) => {
  panel = started;
  anna = await signIn(panel, 'anna');
}, startEmptyPanel);

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
