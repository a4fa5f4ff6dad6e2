/** A message as every kind of channel sends it, in the language of whom it is for. All of it is plain
 * lines, safe to show; see plain-line.ts. */
import type { Language } from '../platform/messages.js';
import type { Level, NoticeKind } from './notice-kinds.js';
import type { NoticePhase } from './notice.entity.js';

/** What is said of one notice. */
export interface Section {
  kind: NoticeKind;
  phase: NoticePhase;
  level: Level;
  /** The id of the notice; 0 of a test. */
  noticeId: number;
  /** ISO 8601, UTC, and as the server's clock shows it. */
  at: string;
  atText: string;
  title: string;
  text: string;
  subject: string;
  list: { name: string; problem: string | null }[];
  /** `and 980 more` */
  more: string | undefined;
  runId: number | null;
  link: { label: string; url: string } | undefined;
}

export interface Message {
  /** The same however often it is sent: receivers know a repetition by it. */
  id: string;
  language: Language;
  level: Level;
  server: string;
  /** One line, also the subject of a mail. */
  title: string;
  sections: Section[];
  /** `and 12 more`, of sections that are left out. */
  more: string | undefined;
  footer: string;
  isTest: boolean;
  /** ISO 8601, UTC. */
  at: string;
}
