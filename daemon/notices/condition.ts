import type { ConditionKind } from './notice-kinds.js';
import type { NoticeFacts } from './notice.entity.js';

/** Something wrong that lasts, as a check found it. */
export interface Condition {
  /** What it is about; the same at each look. */
  key: string;
  /** By name; hostile. */
  subject: string;
  values: NoticeFacts['values'];
  runId?: number;
}

/** What a look found of each kind; one that could not be looked at is not there. */
export type Found = Partial<Record<ConditionKind, Condition[]>>;
