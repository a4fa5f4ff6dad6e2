/** One channel: its settings as a form, a test, and how it is switched off and removed. Pure. */
import type { ChannelTest } from '../../../daemon/notices/channels.service.js';
import type { Channel } from '../../../daemon/notices/channel.entity.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import { t } from '../../../daemon/platform/messages.js';
import { CHANNEL_LABELS, channelFields, readChannel } from '../../channel-fields.js';
import { plainProblems, restOf, toFieldViews, type FieldView } from '../../destination-forms.js';
import { urls } from '../../routes.js';
import { displayText, type StateView } from '../../wording.js';
import { switchState } from '../alerts/alerts.view.js';
import { ofFields } from '../new-channel/new-channel.view.js';

type Typed = Readonly<Record<string, unknown>>;

export interface ChannelView {
  name: string;
  kind: string;
  state: StateView;
  fields: FieldView[];
  problem: string | undefined;
  /** How a test that was just made ended. */
  tried: { isOk: boolean; text: string } | undefined;
  /** What is given to test only that: of mail. */
  hasAddress: boolean;
  switch: { value: 'yes' | 'no'; label: string };
  urls: { list: string; settings: string; test: string; remove: string };
}

export interface ChannelInputs {
  channel: Channel;
  typed?: Typed | undefined;
  problems?: readonly Problem[] | undefined;
  tried?: ChannelTest | undefined;
}

export function toChannelView({ channel, typed, problems, tried }: ChannelInputs): ChannelView {
  const { name, kind, isEnabled } = channel;
  const fields = channelFields(kind);
  const shown = typed ?? storedValues(channel);
  const plain = plainProblems(ofFields(problems ?? []), fields, shown);
  return {
    name: displayText(name),
    kind: t(CHANNEL_LABELS[kind]),
    state: switchState(isEnabled),
    fields: toFieldViews(fields, shown, plain),
    problem: restOf(plain, fields),
    tried: tried && {
      isOk: tried.isOk,
      text: tried.isOk
        ? t('Sent. The answer was: {answer}', { answer: displayText(tried.answer) })
        : displayText(tried.answer),
    },
    hasAddress: kind === 'mail',
    switch: isEnabled
      ? { value: 'no', label: t('Switch off') }
      : { value: 'yes', label: t('Switch on') },
    urls: {
      list: urls.alerts(),
      settings: urls.channel(name),
      test: urls.channelTest(name),
      remove: urls.channelRemove(name),
    },
  };
}

function storedValues({ name, level, events, digestHour, settings }: Channel): Typed {
  const { to } = settings;
  const lines = Array.isArray(to) ? { to: to.join('\n') } : {};
  return { ...settings, ...lines, name, level, events: events ?? [], digestHour: digestHour ?? '' };
}

/** Settings that were left empty go, secrets that were stay. */
export function toChannelChanges({ kind }: Channel, typed: Typed): Record<string, unknown> {
  const { common, settings, secrets } = readChannel(kind, typed);
  return {
    ...common,
    settings: Object.fromEntries(settings.map(({ name, value }) => [name, value ?? null])),
    secrets: Object.fromEntries(secrets.map(({ name, value }) => [name, value])),
  };
}
