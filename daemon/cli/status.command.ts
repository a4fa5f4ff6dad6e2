import type { Command } from 'commander';
import { originText } from '../accounts/source-titles.js';
import type { HealthView } from '../api/health.controller.js';
import type { StatusView } from '../api/views.js';
import { exitCodes } from '../platform/exit-codes.js';
import { action } from './context.js';
import { elapsed, humanCount, localTime, plain } from './format.js';
import { facts, table } from './table.js';
import type { Terminal } from './terminal.js';

export function addStatusCommand(program: Command, terminal: Terminal): void {
  program
    .command('status')
    .description('whether the daemon is well, and what it is doing')
    .option('--health', 'check everything, for monitoring; exit code 3 when something is wrong')
    .action(
      action<{ health?: boolean }>(terminal, async ({ client }, _, { health }) => {
        if (health !== true) {
          terminal.result(await client.get<StatusView>('/status'), statusText);
          return;
        }
        const report = await client.get<HealthView>('/health');
        terminal.result(report, healthText);
        if (!report.isWell) terminal.exitCode = exitCodes.incomplete;
      }),
    );
}

function healthText({ checks, isWell }: HealthView): string {
  const listed = table(checks, [
    { title: 'CHECK', value: ({ name }) => name },
    { title: 'STATE', value: ({ state }) => state },
    { title: 'DETAILS', value: ({ message }) => plain(message) },
  ]);
  return `${listed}\n${isWell ? 'The daemon is well.' : 'Something is wrong.'}`;
}

function statusText(status: StatusView): string {
  const { lastRun } = status;
  return facts([
    ['server', plain(status.server)],
    ['version', status.version],
    ['up', elapsed(status.startedAt, null, new Date())],
    ['you are', plain(status.you.label)],
    ['panel', status.panelUrl === null ? undefined : plain(status.panelUrl)],
    ['accounts', humanCount(status.accounts)],
    [
      'accounts from',
      status.accountSource === null ? undefined : plain(originText(status.accountSource)),
    ],
    [
      'problem',
      status.accountSourceProblem === null ? undefined : plain(status.accountSourceProblem),
    ],
    ...status.pruneAlarms.map(pruneAlarm),
    ['alerts', alertsText(status.alerts)],
    ['messages', messagesText(status.alerts)],
    ['running', humanCount(status.runs.running)],
    ['queued', humanCount(status.runs.queued)],
    [
      'last run',
      lastRun === null
        ? '-'
        : `${lastRun.id} (${lastRun.kind}), ${lastRun.state}, ${localTime(lastRun.createdAt)}`,
    ],
  ]);
}

function alertsText(alerts: StatusView['alerts']): string | undefined {
  if (alerts === null || alerts.errors + alerts.warnings === 0) return undefined;
  const counts = `${humanCount(alerts.errors)} errors, ${humanCount(alerts.warnings)} warnings`;
  return `${counts}; see: holdfast alert list`;
}

function messagesText(alerts: StatusView['alerts']): string | undefined {
  if (alerts === null || alerts.lateMessages + alerts.failedMessages === 0) return undefined;
  const { lateMessages: late, failedMessages: failed } = alerts;
  return `${humanCount(late)} not delivered yet, ${humanCount(failed)} given up; see: holdfast alert deliveries`;
}

function pruneAlarm({
  destination,
  lastPrunedAt,
}: StatusView['pruneAlarms'][number]): [string, string] {
  const since = lastPrunedAt === null ? 'yet' : `since ${localTime(lastPrunedAt)}`;
  return [
    'problem',
    `no prune of ${plain(destination)} has succeeded ${since}; see: holdfast run list --kind prune`,
  ];
}
