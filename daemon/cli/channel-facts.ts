import type { ChannelView } from '../api/notice-views.js';
import { localTime, plain } from './format.js';
import { facts } from './table.js';

export function channelFacts(channel: ChannelView): string {
  const settings = Object.entries(channel.settings).map(
    ([name, value]): [string, string] => [name, plain(typeof value === 'string' ? value : JSON.stringify(value))], // prettier-ignore
  );
  return facts([
    ['name', plain(channel.name)],
    ['kind', channel.kind],
    ['state', channel.isEnabled ? 'on' : 'off'],
    ['from level', channel.level],
    ['events', channel.events === null ? 'all' : channel.events.join(' ')],
    ['when', digestText(channel)],
    ...settings,
    ['secret', channel.hasSecrets ? 'kept' : undefined],
    ['added', localTime(channel.createdAt)],
  ]);
}

export function digestText({ digestHour }: ChannelView): string {
  return digestHour === null ? 'at once' : `daily at ${digestHour}:00`;
}
