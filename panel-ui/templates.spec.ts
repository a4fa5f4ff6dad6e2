import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectFile } from '../daemon/platform/project-files.js';
import { Templates } from './view.js';
import { ICON_NAMES } from './wording.js';

const files = ['pages', 'partials'].flatMap((folder) =>
  readdirSync(projectFile('templates', folder)).map((name) => join(folder, name)),
);

function read(file: string): string {
  return readFileSync(projectFile('templates', file), 'utf8');
}

describe('templates', () => {
  it('all compile', () => {
    expect(() => new Templates()).not.toThrow();
  });

  it('belong to a folder of panel-ui/pages or to a page that has one', () => {
    const pages = readdirSync(projectFile('panel-ui/pages'));
    const names = files
      .filter((file) => file.startsWith('pages/'))
      .map((file) => file.slice('pages/'.length, -'.ejs'.length));
    // The whole log is the run page's second view.
    expect(names.filter((name) => name !== 'run-log' && !pages.includes(name))).toEqual([]);
  });

  it.each(files)('%s escapes everything but includes', (file) => {
    const raw = read(file).match(/<%-(?!\s*include\()/g) ?? [];
    expect(raw).toEqual([]);
  });

  it.each(files)(
    '%s has nothing inline that the CSP refuses, and nothing from elsewhere',
    (file) => {
      const text = read(file);
      expect(text).not.toMatch(/\sstyle=|<style|\son[a-z]+=|javascript:/i);
      expect(text).not.toMatch(/<script(?![^>]*\ssrc=)/i);
      expect(text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//i);
    },
  );

  it.each(files)('%s posts only with the token of the session', (file) => {
    const forms = read(file).split('<form method="post"').slice(1);
    for (const form of forms) expect(form.split('</form>')[0]).toContain('name="_csrf"');
  });

  it.each(files)('%s names only icons of the sprite', (file) => {
    const named = [...read(file).matchAll(/(?:icon: '|%>#)([a-z][a-z0-9-]+)(?:'|"><)/g)];
    const known = ['mark', ...ICON_NAMES] as string[];
    expect(named.map((match) => match[1]).filter((name) => !known.includes(name ?? ''))).toEqual(
      [],
    );
  });
});
