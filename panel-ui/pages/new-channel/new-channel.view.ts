/** The form of a new channel. Pure. */
import type { ChannelKindName } from '../../../daemon/notices/channel.entity.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import { t } from '../../../daemon/platform/messages.js';
import { CHANNEL_LABELS, channelFields, readChannel } from '../../channel-fields.js';
import { plainProblems, restOf, toFieldViews, type FieldView } from '../../destination-forms.js';
import { urls } from '../../routes.js';

type Typed = Readonly<Record<string, unknown>>;

export interface NewChannelView {
  kinds: { label: string; url: string; isHere: boolean }[];
  action: string;
  fields: FieldView[];
  /** What belongs to no field. */
  problem: string | undefined;
  cancelUrl: string;
}

const FRESH = { level: 'warning', transport: 'smtp', security: 'starttls', isCertificateChecked: 'yes' }; // prettier-ignore

/** Undefined: there is no such kind. */
export function channelKindOf(value: unknown): ChannelKindName | undefined {
  if (value === undefined || value === '') return 'mail';
  const kinds = Object.keys(CHANNEL_LABELS) as ChannelKindName[];
  return kinds.find((kind) => kind === value);
}

export function toNewChannelView(
  kind: ChannelKindName,
  typed: Typed | undefined,
  problems: readonly Problem[],
): NewChannelView {
  const fields = channelFields(kind);
  const shown = typed ?? FRESH;
  const plain = plainProblems(ofFields(problems), fields, shown);
  return {
    kinds: Object.entries(CHANNEL_LABELS).map(([value, label]) => ({
      ...{ label: t(label), url: urls.newChannel({ kind: value }), isHere: value === kind },
    })),
    action: urls.newChannel({ kind }),
    fields: toFieldViews(fields, shown, plain),
    problem: restOf(plain, fields),
    cancelUrl: urls.alerts(),
  };
}

/** `to.1` is of the field `to`. */
export function ofFields(problems: readonly Problem[]): Problem[] {
  return problems.map(({ field, message }) => ({ field: field.replace(/\.\d+$/, ''), message }));
}

/** What the service takes. */
export function toChannelInput(kind: ChannelKindName, typed: Typed): Record<string, unknown> {
  const { common, settings, secrets } = readChannel(kind, typed);
  const own = [...settings, ...secrets].filter(({ value }) => value !== undefined);
  return { kind, ...common, ...Object.fromEntries(own.map(({ name, value }) => [name, value])) };
}
