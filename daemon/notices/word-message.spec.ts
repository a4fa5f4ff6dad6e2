import { describe, expect, it } from 'vitest';
import { speaking, t } from '../platform/messages.js';
import { LONG_NASTY, RAW } from '../testing/hostile-rows.js';
import { HOSTILE } from '../testing/sample-rows.js';
import { messageHtml, messageText } from './message-templates.js';
import { ADMIN_KINDS, NOTICE_KINDS, type NoticeKind } from './notice-kinds.js';
import type { NoticeFacts } from './notice.entity.js';
import { plainLine } from './plain-line.js';
import { textOf, wordMessage, type Wording } from './word-message.js';

/** Controls, and what turns, parts or hides text. */
const DANGEROUS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u061c\u200b]/u;

const wording: Wording = {
  id: 'm1',
  language: 'en',
  server: 'web1',
  timeZone: 'Europe/Berlin',
  now: new Date('2026-11-21T21:45:00Z'),
  isDigest: false,
  runUrl: (runId) => `https://panel.example.com/runs/${runId}`,
};

function failed(facts: Partial<NoticeFacts> = {}): Parameters<typeof wordMessage>[0][number] {
  const values = { run: 7, work: 'backup' };
  return {
    ...{ id: 3, at: '2026-11-21T21:44:00Z', kind: 'run-failed', level: 'error', phase: 'moment' },
    facts: { subject: 'nightly', values, list: [], more: 0, runId: 7, ...facts },
    accountId: null,
  };
}

describe('a message', () => {
  it('says what happened, when and where', () => {
    const list = [
      { name: 'alice', problem: 'No space left.' },
      { name: 'bob', problem: null },
    ];
    const message = wordMessage([failed({ list, more: 980 })], wording);
    expect(message.title).toBe('[web1] A run failed: nightly');
    const text = messageText(message);
    for (const part of ['Run 7 (backup: nightly) failed.', '2026-11-21 22:44 Europe/Berlin', '- alice: No space left.', 'and 980 more', 'https://panel.example.com/runs/7']) expect(text).toContain(part); // prettier-ignore
  });

  it('is in the language of whom it is for', () => {
    const message = wordMessage([failed()], { ...wording, language: 'de' });
    expect(message.title).toBe('[web1] Ein Lauf ist fehlgeschlagen: nightly');
    expect(messageHtml(message)).toContain('lang="de"');
  });

  it('of several has one title and a section for each', () => {
    const message = wordMessage([failed(), failed({ subject: 'weekly' })], wording);
    expect([message.title, message.sections.length]).toEqual(['[web1] 2 messages', 2]);
    const digest = wordMessage([failed()], { ...wording, isDigest: true });
    expect(digest.title).toBe('[web1] 1 message of the day');
    const many = wordMessage(
      Array.from({ length: 150 }, () => failed()),
      wording,
    );
    expect([many.sections.length, many.more]).toEqual([100, 'and 50 more']);
  });

  it.each([
    `a\r\nBcc: x@y.de`,
    'a\u202egpj.exe',
    'a\u2028b\u0085c\u0000d\u061c\u200b',
    `${HOSTILE}{x}'{y}#`,
    'ä'.repeat(4_000),
    '\ud800',
  ])('shows %j harmlessly', (name) => {
    const list = [{ name, problem: name }];
    const message = wordMessage([failed({ subject: name, list })], { ...wording, server: name });
    expect(message.title).not.toMatch(DANGEROUS);
    expect(Array.from(message.title).length).toBeLessThanOrEqual(151);
    const html = messageHtml(message);
    expect(html).not.toContain('<img');
    for (const lines of [html, messageText(message)]) {
      const text = lines.replaceAll('\n', ' ');
      expect(text).not.toMatch(DANGEROUS);
      expect(text.length).toBeLessThan(5_000);
      expect(lines).not.toMatch(/^Bcc:/m);
    }
  });

  it('cuts between characters', () => {
    expect(plainLine('👍👍👍', 2)).toBe('👍👍…');
    expect(plainLine('👍👍', 2)).toBe('👍👍');
  });
});

describe('every kind', () => {
  it.each(Object.entries(NOTICE_KINDS))('%s has a German text of its own', (_kind, info) => {
    const texts = [info.title, info.text, ...(info.cleared === undefined ? [] : [info.cleared])];
    const values = { subject: 's', run: 1, work: 'w', hours: 2, limit: 1, days: 2, percent: 91, problem: 'p', snapshot: 'x', count: 2, state: 'complete' }; // prettier-ignore
    for (const text of texts) {
      const german = speaking('de', () => t(text, values));
      expect(german).not.toBe(t(text, values));
      expect(german).not.toMatch(/[{}]/);
    }
  });

  it.each(Object.keys(NOTICE_KINDS) as NoticeKind[])(
    '%s says hostile values in one line',
    (kind) => {
      const values = { run: 1, work: LONG_NASTY, hours: 2, limit: 1, days: 2, percent: 91, problem: LONG_NASTY, snapshot: LONG_NASTY, count: 2, state: LONG_NASTY }; // prettier-ignore
      for (const phase of ['moment', 'cleared'] as const) {
        const facts = { subject: LONG_NASTY, values, list: [], more: 0, runId: null };
        const text = textOf({ kind, phase, facts });
        expect(text).not.toMatch(RAW);
        expect(text.length).toBeLessThan(2_000);
      }
    },
  );

  it('is for admins or for owners', () => {
    expect(ADMIN_KINDS).not.toContain('owner-download-ready');
    expect(ADMIN_KINDS).toContain('sign-in-locked');
  });
});
