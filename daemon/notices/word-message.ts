/** Puts notices into words, in one language. Pure but for the language, which `speaking` sets. */
import { msg, speaking, t, type Language } from '../platform/messages.js';
import type { Message, Section } from './message.js';
import { LEVELS, NOTICE_KINDS, WORKS, type Level } from './notice-kinds.js';
import type { Notice } from './notice.entity.js';
import type { ExpiringLink, FinishedDownload } from './notice-links.js';
import { plainLine } from './plain-line.js';

/** How many of several a notice names. */
export const MOST_LISTED = 20;
/** How many notices one message tells of. */
const MOST_SECTIONS = 100;
const TITLE_LENGTH = 150;

export interface Wording {
  /** Of the message; the same at each attempt. */
  id: string;
  language: Language;
  server: string;
  timeZone: string;
  now: Date;
  /** All of a day. */
  isDigest: boolean;
  /** The address of a run's page; undefined: there is no panel. */
  runUrl: (runId: number) => string | undefined;
  /** What fetches a finished download without signing in; undefined: there are no such links. */
  downloadLink?: (of: FinishedDownload) => ExpiringLink | undefined;
}

type Told = Pick<Notice, 'id' | 'at' | 'kind' | 'level' | 'phase' | 'facts' | 'accountId'>;

/** At least one notice. */
export function wordMessage(notices: readonly Told[], wording: Wording): Message {
  return speaking(wording.language, () => {
    const sections = notices.slice(0, MOST_SECTIONS).map((notice) => toSection(notice, wording));
    const left = notices.length - sections.length;
    const server = plainLine(wording.server, 100);
    const isForOwner = notices.every(({ accountId }) => accountId !== null);
    return {
      id: wording.id,
      language: wording.language,
      level: highestOf(notices.map(({ level }) => level)),
      server,
      title: plainLine(`[${server}] ${titleOf(notices, sections, wording)}`, TITLE_LENGTH),
      sections,
      more: left === 0 ? undefined : t('and {count, number} more', { count: left }),
      footer: isForOwner
        ? t('You get this because you have an account on {server}. “My account” in the panel says how to get it no more.', { server }) // prettier-ignore
        : t('Sent by Holdfast on {server}.', { server }),
      isTest: false,
      at: wording.now.toISOString(),
    };
  });
}

/** What the test of a channel sends. */
export function wordTest(wording: Omit<Wording, 'isDigest' | 'runUrl' | 'downloadLink'>): Message {
  return speaking(wording.language, () => {
    const at = wording.now.toISOString();
    const server = plainLine(wording.server, 100);
    const section: Section = {
      ...{ kind: 'restore-finished', phase: 'moment', level: 'info', noticeId: 0, at },
      atText: timeText(at, wording.timeZone),
      title: t('This is a test'),
      text: t('An admin tries this channel. Nothing has happened; whoever reads this is told of what does.'), // prettier-ignore
      ...{ subject: server, list: [], more: undefined, runId: null, link: undefined },
    };
    return {
      ...{ id: wording.id, language: wording.language, level: 'info', server },
      title: plainLine(`[${server}] ${section.title}`, TITLE_LENGTH),
      ...{ sections: [section], more: undefined, isTest: true, at },
      footer: t('Sent by Holdfast on {server}.', { server }),
    };
  });
}

function titleOf(
  notices: readonly Told[],
  [first]: readonly Section[],
  { isDigest }: Wording,
): string {
  const count = notices.length;
  if (isDigest) return t('{count, plural, one {# message} other {# messages}} of the day', { count }); // prettier-ignore
  if (count !== 1 || first === undefined) return t('{count, number} messages', { count });
  return `${first.title}: ${first.subject}`;
}

function toSection(notice: Told, wording: Wording): Section {
  const { id, kind, phase, level, at, facts } = notice;
  const info = NOTICE_KINDS[kind];
  const { timeZone } = wording;
  return {
    ...{ kind, phase, level, noticeId: id, at, atText: timeText(at, timeZone) },
    title: phase === 'cleared' ? t('Over: {title}', { title: t(info.title) }) : t(info.title),
    text: textOf(notice),
    subject: plainLine(facts.subject, 100),
    list: facts.list.map(({ name, problem }) => ({
      name: plainLine(name, 100),
      problem: problem === null ? null : plainLine(problem, 300),
    })),
    more: facts.more === 0 ? undefined : t('and {count, number} more', { count: facts.more }),
    runId: facts.runId,
    link: downloadLinkOf(notice, wording) ?? runLinkOf(notice, wording),
  };
}

function runLinkOf({ facts }: Told, { runUrl }: Wording): Section['link'] {
  const url = facts.runId === null ? undefined : runUrl(facts.runId);
  return url === undefined ? undefined : { label: t('Open the run'), url };
}

/** Only for the owner: a channel of the admins may have many readers. */
function downloadLinkOf({ kind, facts }: Told, wording: Wording): Section['link'] {
  const { by, finished } = facts.values;
  const isOurs = kind === 'owner-download-ready' && facts.runId !== null;
  if (!isOurs || typeof by !== 'string' || typeof finished !== 'string') return undefined;
  const of = { id: facts.runId ?? 0, requestedBy: by, finishedAt: finished };
  const link = wording.downloadLink?.(of);
  if (link === undefined) return undefined;
  const until = timeText(link.expiresAt, wording.timeZone);
  return { label: t('Download it without signing in, until {until}', { until }), url: link.url };
}

/** What one notice says, in the current language. */
export function textOf({ kind, phase, facts }: Pick<Told, 'kind' | 'phase' | 'facts'>): string {
  const { text, cleared } = NOTICE_KINDS[kind];
  const values: Record<string, string | number> = { subject: plainLine(facts.subject) };
  for (const [name, value] of Object.entries(facts.values)) {
    values[name] = typeof value === 'string' ? plainLine(value, 500) : value;
  }
  const work = facts.values['work'];
  if (typeof work === 'string') values['work'] = t(WORKS[work] ?? msg('run'));
  const isSeveral = phase !== 'moment' && facts.list.length > 1;
  if (isSeveral) return severalText(facts.list.length + facts.more, phase === 'cleared');
  return phase === 'cleared' && cleared !== undefined ? t(cleared, values) : t(text, values);
}

/** Conditions that began, or were over, at once: each says in the list what it is. */
function severalText(count: number, isOver: boolean): string {
  return isOver
    ? t('It is over for {count, number}:', { count })
    : t('It concerns {count, number}:', { count });
}

function highestOf(levels: readonly Level[]): Level {
  return LEVELS.findLast((level) => levels.includes(level)) ?? 'info';
}

/** `2026-11-21 22:45 Europe/Berlin` */
function timeText(at: string, timeZone: string): string {
  const options = { timeZone, dateStyle: 'short', timeStyle: 'short' } as const;
  return `${new Intl.DateTimeFormat('sv-SE', options).format(new Date(at))} ${timeZone}`;
}
