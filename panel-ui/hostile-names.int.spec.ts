import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { addHostileRows, LONG_NASTY, RAW, RAW_MARKUP, type HostileRows } from '../daemon/testing/hostile-rows.js'; // prettier-ignore
import { onPanel } from '../daemon/testing/on-panel.js';
import { type PanelDaemon, signIn, type Visitor } from '../daemon/testing/panel-daemon.js';
import { looksOf } from '../daemon/testing/panel-looks.js';
import { needsTool } from '../daemon/testing/tools.js';
import { problemsIn } from '../daemon/testing/valid-html.js';
import { launchBrowser, WatchedPage } from '../daemon/testing/watched-page.js';
import { paths, urls } from './routes.js';

const widthBeyond = 'document.documentElement.scrollWidth - window.innerWidth';

let panel: PanelDaemon;
let admin: Visitor;
let hostile: HostileRows;

onPanel(async (started) => {
  panel = started;
  admin = await signIn(panel);
  hostile = await addHostileRows(panel.daemon.app.get(DataSource, { strict: false }), LONG_NASTY);
});

/** Pages of the hostile rows, and of all others, which list them. */
function addresses(): string[] {
  const of = (url: (name: string) => string): string => url(LONG_NASTY);
  const own = [
    ...[urls.account, urls.accountNotifications, urls.job, urls.jobRemove, urls.hook].map(of),
    ...[urls.channel, urls.user, urls.destination, urls.destinationSettings].map(of),
    ...[urls.destinationRemove, urls.destinationFiles, urls.newSchedule].map(of),
    ...[urls.run, urls.runLog, urls.runLive, urls.runUndo].map((url) => url(hostile.run)),
    ...[urls.snapshot, urls.snapshotRestore, urls.snapshotNotes].map((url) => url(hostile.snapshot)),
    ...[urls.dashboardRunning(), urls.queueLive(), urls.newJobMatches()],
    ...[urls.days, urls.find, urls.snapshots].map((url) => url({ account: LONG_NASTY })),
    urls.versions({ account: 'anna', path: LONG_NASTY }),
    ...[urls.find({ account: 'anna', q: LONG_NASTY }), urls.activity({ account: LONG_NASTY })],
    ...[urls.accounts({ q: LONG_NASTY }), urls.snapshots({ label: LONG_NASTY })],
  ]; // prettier-ignore
  return [...new Set([...own, ...looksOf(panel, 'admin').map(({ url }) => url)])];
}

/** What readers see or are read: texts, and attributes that say something. */
function readable(page: string): string {
  // What is typed stays what it was.
  const html = page.replaceAll(/<textarea[^>]*>[^<]*/g, '');
  const said = [...html.matchAll(/\b(?:title|aria-label|alt|placeholder)="([^"]*)"/g)];
  return [html.replaceAll(/<[^>]*>/g, ' '), ...said.map((match) => match[1])].join('\n');
}

describe('hostile names', () => {
  it('are shown as text, with what would move it made visible', async () => {
    const findings: string[] = [];
    for (const url of addresses()) {
      const response = await admin.agent.get(url);
      const short = `${url.slice(0, 40)} ${response.status}`;
      // A destination that cannot be opened is a 502.
      if (response.status === 500) findings.push(`${short}: failed`);
      if (RAW_MARKUP.test(response.text)) findings.push(`${short}: markup`);
      const text = readable(response.text);
      const found = RAW.exec(text);
      if (found !== null) findings.push(`${short}: ${JSON.stringify(text.slice(found.index - 60, found.index + 20))}`); // prettier-ignore
      if (response.text.startsWith('<!DOCTYPE')) findings.push(...(await problemsIn(response)).map((problem) => `${short}: ${problem.slice(0, 150)}`)); // prettier-ignore
    }
    expect(findings).toEqual([]);
  });

  it.each(['csv', 'jsonl'])('are harmless in the events exported as %s', async (format) => {
    const { text } = await admin.agent.get(`${paths.activityExport}?format=${format}`).expect(200);
    expect(RAW.test(text.replaceAll('\r\n', '\n'))).toBe(false);
    // A spreadsheet takes what begins so for a formula.
    expect(text).not.toMatch(/^"?[=+@-]/m);
  });
});

describe.skipIf(!needsTool('chromium'))('in a browser', () => {
  it('nothing of them runs, and nothing is wider than a phone', async () => {
    const browser = await launchBrowser();
    const watched = await WatchedPage.open(browser);
    const { page } = watched;
    await page.setViewportSize({ width: 390, height: 844 });
    const [name = '', value = ''] = admin.cookie.split('=');
    await page.context().addCookies([{ name, value, url: panel.url }]);
    const wide: string[] = [];
    // Fragments have no style of their own.
    for (const url of addresses().filter((each) => !/\/(live|running|matches)$/.test(each))) {
      await page.goto(panel.url + url);
      if ((await page.evaluate<number>(widthBeyond)) > 0) wide.push(url.slice(0, 60));
    }
    await browser.close();
    expect([wide, watched.troubles]).toEqual([[], []]);
  });
});
