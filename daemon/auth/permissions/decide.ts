/**
 * What is permitted, of what the levels say: the server, the reseller, the package, the account, each
 * above the next. Pure.
 */

/** From the top down. */
export const LEVELS = ['global', 'reseller', 'package', 'account'] as const;
export type Level = (typeof LEVELS)[number];

/** `never` is final for everything below. */
export const VALUES = ['yes', 'no', 'never'] as const;
export type Value = (typeof VALUES)[number];

/** What one level says; one that says nothing inherits. */
export interface LevelSetting {
  level: Level;
  value: Value;
  /** Said by the reseller for its account, who gives only what it has itself. */
  isByReseller?: boolean;
}

/** For whom: the account's end user, or its reseller at work on it. */
export type Viewer = 'account' | 'reseller';

export interface Decision {
  isAllowed: boolean;
  /** Which level decided; `built-in` when none did. */
  by: Level | 'built-in';
  /** No level below can change it. */
  isFinal: boolean;
}

/**
 * The lowest level that says yes or no decides, unless one says never. For a reseller what packages
 * and accounts may counts only as a never: what it forbids its customer it may still do for it. Its
 * own yes for an account counts as long as it may so itself.
 */
export function decide(
  settings: readonly LevelSetting[],
  isAllowedByDefault: boolean,
  viewer: Viewer,
): Decision {
  let decision: Decision = { isAllowed: isAllowedByDefault, by: 'built-in', isFinal: false };
  let hasReseller = isAllowedByDefault;
  for (const level of LEVELS) {
    const setting = settings.find((one) => one.level === level);
    if (setting?.value === 'never') return { isAllowed: false, by: level, isFinal: true };
    if (setting !== undefined && counts(setting, viewer, hasReseller)) {
      decision = { isAllowed: setting.value === 'yes', by: level, isFinal: false };
    }
    if (level === 'reseller') hasReseller = decision.isAllowed;
  }
  return decision;
}

function counts(
  { level, value, isByReseller }: LevelSetting,
  viewer: Viewer,
  hasReseller: boolean,
): boolean {
  if (level === 'global' || level === 'reseller') return true;
  if (viewer === 'reseller') return false;
  return value !== 'yes' || isByReseller !== true || hasReseller;
}
