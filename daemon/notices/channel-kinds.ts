/** Every kind of channel. Adding one is one file, one line here and one in channel-input.ts. */
import type { Problem } from '../platform/errors.js';
import type { ChannelKind } from './channel-kind.js';
import type { ChannelKindName } from './channel.entity.js';
import { checkedMailSettings, mailChannel } from './mail.channel.js';
import { ntfyChannel } from './ntfy.channel.js';
import { slackChannel } from './slack.channel.js';
import { webhookChannel } from './webhook.channel.js';

export const CHANNEL_KINDS: Readonly<Record<ChannelKindName, ChannelKind>> = {
  mail: mailChannel,
  webhook: webhookChannel,
  slack: slackChannel,
  ntfy: ntfyChannel,
};

export interface SplitChannel {
  settings: Record<string, unknown>;
  secrets: Record<string, string>;
  problems: Problem[];
}

/** Parts what may be shown from what may not, each as the kind wants it. */
export function splitChannel(kind: ChannelKindName, given: Record<string, unknown>): SplitChannel {
  const { settings, secrets } = CHANNEL_KINDS[kind];
  const isSecret = (name: string): boolean => Object.hasOwn(secrets.shape, name);
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  const of = (wanted: boolean): object =>
    Object.fromEntries(entries.filter(([name]) => isSecret(name) === wanted));
  const ofSettings = (kind === 'mail' ? checkedMailSettings : settings).safeParse(of(false));
  const ofSecrets = secrets.safeParse(of(true));
  const issues = [...(ofSettings.error?.issues ?? []), ...(ofSecrets.error?.issues ?? [])];
  return {
    settings: ofSettings.data ?? {},
    secrets: (ofSecrets.data ?? {}) as Record<string, string>,
    problems: issues.map(({ path, message }) => ({ field: path.join('.'), message })),
  };
}
