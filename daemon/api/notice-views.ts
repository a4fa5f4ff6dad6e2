/** What the API answers about channels, alerts and how owners of accounts are told. */
import { z } from 'zod';
import type { Alert } from '../notices/alert.entity.js';
import { CHANNEL_KINDS } from '../notices/channel-kinds.js';
import type { Channel } from '../notices/channel.entity.js';
import type { ListedDelivery } from '../notices/deliveries.store.js';
import { ADMIN_KINDS, LEVELS, NOTICE_KINDS } from '../notices/notice-kinds.js';
import { textOf } from '../notices/word-message.js';
import { LANGUAGES, t, type Language } from '../platform/messages.js';
import { OWNER_NOTICES } from '../platform/owner-notices.js';
import { instant } from './views.js';

const language = z.enum(Object.keys(LANGUAGES) as [Language, ...Language[]]);

export const channelView = z
  .strictObject({
    name: z.string(),
    kind: z.enum(['mail', 'webhook', 'slack', 'ntfy']),
    summary: z.string().meta({ description: 'Where it leads, in one line' }),
    settings: z.record(z.string(), z.unknown()),
    hasSecrets: z.boolean(),
    level: z.enum(LEVELS),
    events: z.array(z.enum(ADMIN_KINDS)).nullable(),
    digestHour: z.int().nullable(),
    isEnabled: z.boolean(),
    createdAt: instant,
  })
  .meta({ id: 'Channel' });
export type ChannelView = z.infer<typeof channelView>;

export const channelTestView = z
  .strictObject({ isOk: z.boolean(), answer: z.string() })
  .meta({ id: 'ChannelTest' });
export type ChannelTestView = z.infer<typeof channelTestView>;

export const alertView = z
  .strictObject({
    id: z.int(),
    kind: z.string(),
    level: z.enum(LEVELS),
    subject: z.string(),
    title: z.string(),
    text: z.string(),
    state: z.enum(['open', 'acknowledged', 'cleared']),
    since: instant,
    lastSeenAt: instant,
    acknowledgedAt: instant.nullable(),
    acknowledgedBy: z.string().nullable(),
    clearedAt: instant.nullable(),
    runId: z.int().nullable(),
  })
  .meta({ id: 'Alert' });
export type AlertView = z.infer<typeof alertView>;

export const deliveryView = z
  .strictObject({
    id: z.int(),
    channel: z.string(),
    address: z.string().nullable().meta({ description: 'Of the owner of an account' }),
    kind: z.string(),
    level: z.enum(LEVELS),
    phase: z.enum(['moment', 'raised', 'cleared']),
    title: z.string(),
    subject: z.string(),
    state: z.enum(['queued', 'sent', 'failed']),
    isDigest: z.boolean(),
    attempts: z.int(),
    error: z.string().nullable(),
    createdAt: instant,
    dueAt: instant,
    finishedAt: instant.nullable(),
  })
  .meta({ id: 'Delivery' });
export type DeliveryView = z.infer<typeof deliveryView>;

export const ownerNoticesView = z
  .strictObject({
    account: z.string(),
    address: z.string().nullable(),
    knownAddress: z.string().nullable(),
    usedAddress: z.string().nullable(),
    language: language.nullable(),
    muted: z.array(z.enum(OWNER_NOTICES)),
    offered: z.array(z.enum(OWNER_NOTICES)),
    isSent: z.boolean().meta({ description: 'There is a channel that sends to owners' }),
  })
  .meta({ id: 'OwnerNotices' });
export type OwnerNoticesView = z.infer<typeof ownerNoticesView>;

export function toChannelView(channel: Channel): ChannelView {
  const { name, kind, settings, level, events, digestHour, isEnabled, createdAt } = channel;
  return {
    ...{ name, kind, settings, level, events, digestHour, isEnabled, createdAt },
    summary: CHANNEL_KINDS[kind].describe(settings),
    hasSecrets: channel.sealedSecrets !== null,
  };
}

export function toAlertView(alert: Alert): AlertView {
  const { id, kind, level, facts, state, since, lastSeenAt } = alert;
  const { acknowledgedAt, acknowledgedBy, clearedAt } = alert;
  return {
    ...{ id, kind, level, state, since, lastSeenAt, acknowledgedAt, acknowledgedBy, clearedAt },
    ...{ subject: facts.subject, runId: facts.runId, title: t(NOTICE_KINDS[kind].title) },
    text: textOf({ kind, phase: 'raised', facts }),
  };
}

export function toDeliveryView({ delivery, notice, channel }: ListedDelivery): DeliveryView {
  const { id, address, state, isDigest, attempts, error, createdAt, dueAt, finishedAt } = delivery;
  const { kind, level, phase, facts } = notice;
  return {
    ...{ id, address, state, isDigest, attempts, error, createdAt, dueAt, finishedAt },
    ...{ kind, level, phase, channel: channel.name, subject: facts.subject },
    title: t(NOTICE_KINDS[kind].title),
  };
}
