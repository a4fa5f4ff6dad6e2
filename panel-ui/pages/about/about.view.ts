/** What this is, and for admins how well it is. Pure. */
import { originText, type AccountOrigin } from '../../../daemon/accounts/source-titles.js';
import type { CheckState } from '../../../daemon/api/health-checks.js';
import type { HealthReport } from '../../../daemon/api/server-report.js';
import { msg, t } from '../../../daemon/platform/messages.js';
import { urls } from '../../routes.js';
import {
  countText,
  displayText,
  elapsedText,
  sizeText,
  timeViewOrNone,
  type StateView,
  type TimeView,
} from '../../wording.js';

export interface AboutServer {
  name: string;
  id: string;
  node: string;
  startedAt: string;
  origin: AccountOrigin;
  report: HealthReport;
}

interface Fact {
  label: string;
  text: string;
  at?: TimeView | undefined;
}

export interface AboutView {
  version: string;
  /** Undefined: the viewer is no admin. */
  server:
    | {
        checks: { title: string; state: StateView; message: string }[];
        facts: Fact[];
        last: Fact[];
      }
    | undefined;
  apiDocsUrl: string;
  licenceUrl: string;
  changesUrl: string;
}

const STATES = {
  good: { word: msg('Good'), icon: 'check-circle-fill', tone: 'good' },
  warning: { word: msg('Warning'), icon: 'exclamation-triangle-fill', tone: 'warn' },
  bad: { word: msg('Bad'), icon: 'x-octagon', tone: 'bad' },
  unknown: { word: msg('Unknown'), icon: 'info-circle', tone: 'quiet' },
} as const satisfies Record<CheckState, StateView>;

export function toAboutView(input: {
  version: string;
  server: AboutServer | undefined;
  now: Date;
}): AboutView {
  const { version, server, now } = input;
  return {
    version,
    server: server && {
      checks: server.report.checks.map(({ title, state, message }) => ({
        title,
        state: { ...STATES[state], word: t(STATES[state].word) },
        message: displayText(message),
      })),
      facts: factsOf(server, now),
      last: lastOf(server.report, now),
    },
    apiDocsUrl: urls.apiDocs(),
    licenceUrl: urls.aboutLicence(),
    changesUrl: urls.aboutChanges(),
  };
}

function factsOf({ name, id, node, startedAt, origin, report }: AboutServer, now: Date): Fact[] {
  const { stateBytes, catalogueBytes, workers, runs } = report;
  return [
    { label: t('Server'), text: displayText(name) },
    { label: t('Server id'), text: id },
    { label: t('Node'), text: node },
    { label: t('Up for'), text: elapsedText(startedAt, undefined, now) ?? '' },
    { label: t('Accounts from'), text: displayText(originText(origin)) },
    { label: t('Catalogue'), text: sizeText(catalogueBytes) },
    {
      label: t('State directory'),
      text: stateBytes === undefined ? t('being counted') : sizeText(stateBytes),
    },
    { label: t('Workers'), text: countText(workers) },
    { label: t('Runs at work'), text: countText(runs.running) },
    { label: t('Runs that wait'), text: countText(runs.queued) },
  ];
}

function lastOf({ last }: HealthReport, now: Date): Fact[] {
  const labels = [
    [t('Backup'), last.backup],
    [t('Prune'), last.prune],
    [t('Verification'), last.verify],
    [t('Accounts read'), last.refresh],
  ] as const;
  return labels.map(([label, at]) => ({
    label,
    text: t('not yet'),
    at: timeViewOrNone(at, now),
  }));
}
