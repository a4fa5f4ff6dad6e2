/** What a page can be refused with is said through `t`; what went wrong stays English, as the log. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { projectFile } from './project-files.js';

const AREAS = ['accounts', 'auth', 'history', 'jobs', 'notices', 'restores', 'runs', 'snapshots'];
/** Of these only the daemon's own work and the log tell. */
const OWN_WORK = new Set([
  'history/update-history.ts',
  'jobs/destination-validations.service.ts',
  'runs/queue.service.ts',
]);
const TEXT = /['"`](?=[A-Za-z"])(?:[^'"`]|(?<=\\)['"`]){12,}/.source;
const REFUSALS = [
  new RegExp(`new AppError\\(\\s*'(?:input|not-found|denied|conflict)',\\s*[^,]+,\\s*${TEXT}`, 'g'),
  new RegExp(`inputError\\(\\s*[^,]+,\\s*${TEXT}`, 'g'),
  new RegExp(`\\berror: ${TEXT}`, 'g'),
  new RegExp(`const message =\\s*${TEXT}[^;]*;\\s*(?:throw|return) (?:new AppError\\(\\s*'(?:input|not-found|denied|conflict)'|inputError)`, 'g'), // prettier-ignore
];

it('leaves no refusal that only English is spoken in', () => {
  const files = AREAS.flatMap((area) =>
    readdirSync(projectFile('daemon', area), { recursive: true, encoding: 'utf8' })
      .map((file) => `${area}/${file}`)
      .filter((file) => /(?<!\.spec)\.ts$/.test(file) && !OWN_WORK.has(file)),
  );
  const found = files.flatMap((file) => {
    const code = readFileSync(projectFile('daemon', file), 'utf8');
    return REFUSALS.flatMap((kind) => [...code.matchAll(kind)].map(([text]) => `${file}: ${text}`));
  });
  expect(files.length).toBeGreaterThan(100);
  expect(found).toEqual([]);
});
