/** What is wrong now, what was, and whether anybody was told. Pure. */
import type { Alert } from '../../../daemon/notices/alert.entity.js';
import type { Channel } from '../../../daemon/notices/channel.entity.js';
import type { ListedDelivery } from '../../../daemon/notices/deliveries.store.js';
import { NOTICE_KINDS, type Level } from '../../../daemon/notices/notice-kinds.js';
import { textOf } from '../../../daemon/notices/word-message.js';
import { t } from '../../../daemon/platform/messages.js';
import { CHANNEL_LABELS } from '../../channel-fields.js';
import { pageOf, type PagerView } from '../../pager.js';
import { urls } from '../../routes.js';
import { displayText, timeView, type StateView, type TimeView } from '../../wording.js';

export interface AlertRow {
  state: StateView;
  text: string;
  since: TimeView;
  /** When it was over, or who takes care of it. */
  note: string | undefined;
  runUrl: string | undefined;
  acknowledgeUrl: string | undefined;
}

export interface AlertsView {
  open: AlertRow[];
  pager: PagerView | undefined;
  cleared: AlertRow[];
  channels: { name: string; url: string; kind: string; level: string; when: string; state: StateView }[]; // prettier-ignore
  newChannelUrl: string;
  deliveries: { at: TimeView; channel: string; to: string | undefined; what: string; state: StateView; problem: string | undefined }[]; // prettier-ignore
  olderUrl: string | undefined;
  /** Owners of accounts hear nothing. */
  isWithoutOwners: boolean;
}

export interface AlertsInput {
  open: readonly Alert[];
  cleared: readonly Alert[];
  channels: readonly Channel[];
  deliveries: readonly ListedDelivery[];
  /** Of those that are open. */
  page: number;
  /** There may be older ones than these. */
  isFull: boolean;
  now: Date;
}

export function toAlertsView(input: AlertsInput): AlertsView {
  const { open, cleared, channels, deliveries, isFull, now } = input;
  const { rows, pager } = pageOf(open, input.page, (page) => urls.alerts({ page }));
  const oldest = deliveries.at(-1)?.delivery.id;
  return {
    pager,
    open: rows.map((alert) => toRow(alert, now)),
    cleared: cleared.map((alert) => toRow(alert, now)),
    channels: channels.map((channel) => ({
      name: displayText(channel.name),
      url: urls.channel(channel.name),
      kind: t(CHANNEL_LABELS[channel.kind]),
      level: levelState(channel.level).word,
      when: whenText(channel),
      state: switchState(channel.isEnabled),
    })),
    newChannelUrl: urls.newChannel(),
    deliveries: deliveries.map((one) => toDelivery(one, now)),
    olderUrl: isFull && oldest !== undefined ? urls.alerts({ before: oldest }) : undefined,
    isWithoutOwners: !channels.some(
      ({ settings, isEnabled }) => isEnabled && settings['isForOwners'] === true,
    ),
  };
}

export function whenText({ digestHour }: Pick<Channel, 'digestHour'>): string {
  if (digestHour === null) return t('At once');
  return t('Daily at {hour}:00', { hour: String(digestHour).padStart(2, '0') });
}

export function switchState(isOn: boolean): StateView {
  return isOn
    ? { word: t('On'), icon: 'check-circle-fill', tone: 'good' }
    : { word: t('Off'), icon: 'dash-circle', tone: 'quiet' };
}

function toRow(alert: Alert, now: Date): AlertRow {
  const { id, kind, level, facts, state, since, acknowledgedBy, clearedAt } = alert;
  const note =
    clearedAt !== null
      ? t('Over since {time} UTC', { time: timeView(clearedAt, now).moment })
      : acknowledgedBy === null
        ? undefined
        : t('{who} takes care of it', { who: displayText(acknowledgedBy) });
  return {
    state: state === 'cleared' ? { word: t('Over'), icon: 'check-circle-fill', tone: 'good' } : levelState(level), // prettier-ignore
    text: textOf({ kind, phase: 'raised', facts }),
    since: timeView(since, now),
    note,
    runUrl: facts.runId === null ? undefined : urls.run(facts.runId),
    acknowledgeUrl: state === 'open' ? urls.alertAcknowledge(id) : undefined,
  };
}

function levelState(level: Level): StateView {
  if (level === 'error') return { word: t('Error'), icon: 'x-octagon', tone: 'bad' };
  if (level === 'warning') return { word: t('Warning'), icon: 'exclamation-triangle-fill', tone: 'warn' }; // prettier-ignore
  return { word: t('Info'), icon: 'info-circle', tone: 'quiet' };
}

function toDelivery(
  { delivery, notice, channel }: ListedDelivery,
  now: Date,
): AlertsView['deliveries'][number] {
  const { address, state, attempts, error, createdAt } = delivery;
  const title = t(NOTICE_KINDS[notice.kind].title);
  const told = notice.phase === 'cleared' ? t('Over: {title}', { title }) : title;
  return {
    at: timeView(createdAt, now),
    channel: displayText(channel.name),
    to: address === null ? undefined : displayText(address),
    what: `${told}: ${displayText(notice.facts.subject.slice(0, 200))}`,
    state: deliveryState(state, attempts),
    problem: error === null ? undefined : displayText(error),
  };
}

function deliveryState(state: 'queued' | 'sent' | 'failed', attempts: number): StateView {
  if (state === 'sent') return { word: t('Sent'), icon: 'check-circle-fill', tone: 'good' };
  if (state === 'failed') return { word: t('Given up'), icon: 'x-octagon', tone: 'bad' };
  if (attempts === 0) return { word: t('Waiting'), icon: 'hourglass-split', tone: 'quiet' };
  return { word: t('Tried in vain'), icon: 'exclamation-triangle-fill', tone: 'warn' };
}
