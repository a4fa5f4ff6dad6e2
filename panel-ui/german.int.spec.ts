/**
 * Seen in German, no page says anything in English: what both languages say alike is data, or a word
 * that is the same.
 */
import { expect, it } from 'vitest';
import { onPanel } from '../daemon/testing/on-panel.js';
import { type PanelDaemon, signIn, type Visitor } from '../daemon/testing/panel-daemon.js';
import { looksOf, strain } from '../daemon/testing/panel-looks.js';
import { catalogueOf } from '../daemon/platform/messages.js';
import { ROUTES, type RouteName } from '../daemon/testing/panel-routes.js';

/** Mostly made of names, settings, paths and what the API says of itself. */
const OF_DATA: readonly RouteName[] = ['about', 'account', 'accounts', 'activity', 'apiDocs', 'days', 'destinationFiles', 'permissions', 'settings', 'snapshot', 'snapshots', 'versionDiff']; // prettier-ignore
const PAGES = (Object.keys(ROUTES) as RouteName[]).filter((name) => !OF_DATA.includes(name));

let panel: PanelDaemon;
let admin: Visitor;

onPanel(async (started) => {
  panel = started;
  await strain(panel);
  admin = await signIn(panel);
});

/** What is read of a page: its texts and those of its attributes, without code and what is typed. */
function textsOf(html: string): string[] {
  const plain = html.replace(/<(script|style|code|textarea)\b[^]*?<\/\1>/g, '');
  const texts = [...plain.matchAll(/>([^<>]+)</g)].map(([, text = '']) => text);
  const said = [...plain.matchAll(/ (?:aria-label|title|alt)="([^"]*)"/g)].map(([, text = '']) => text); // prettier-ignore
  return [...texts, ...said].map((text) => text.trim()).filter((text) => /[a-z]{3}/i.test(text));
}

async function textsIn(language: string, url: string): Promise<string[]> {
  const response = await admin.agent.get(url).set('Accept-Language', language);
  return textsOf(response.text);
}

/** What is not words of the page: names of the sample, instants, paths, ids, and what services say. */
const DATA = [
  /^(Holdfast|English|Deutsch|UTC|chief|anna|bob|rita|root|main|nightly|filtered|notify|flush|ops)( – Holdfast)?$/,
  /^(one-with-a-long-name|reseller-with-a-long-name|before-update|daemon|u{64}|k{32}|w{500})( – Holdfast)?$/,
  /^([A-Z]\w+\/\w+|[\d: -]+UTC|\/[\w/.-]+|\d{8}T\w+-\w+)$/,
  /img src=x|line\\x0abreak|^caf|^homedir|^anna, [\d: -]+$|^There is no account|^The account .* is on this server|^Run \d+ ended| – fills /,
  /^(SMTP|sendmail|STARTTLS|TLS|Downloads|Hooks|Hook \w+|Codes)( – Holdfast)?$/,
];

const same = new Set(Object.entries(catalogueOf('de')).flatMap(([text, german]) => (text === german ? [text] : []))); // prettier-ignore

it.each(PAGES)('%s', async (name) => {
  for (const { url } of looksOf(panel, 'admin').filter((look) => look.name === name)) {
    const english = new Set(await textsIn('en', url));
    const both = (await textsIn('de', url)).filter((text) => english.has(text));
    const unsaid = both.filter(
      (text) => !same.has(text) && !DATA.some((pattern) => pattern.test(text)),
    );
    expect([url, [...new Set(unsaid)]]).toEqual([url, []]);
  }
});
