/**
 * What every page carries besides its own content: the rail, who is signed in, the theme, the CSRF
 * token, a one-line message about what just happened. Pure.
 */
import type { Actor } from '../daemon/auth/actor.js';
import type { AssetUrls } from './assets.js';
import { urls } from './routes.js';
import { displayText, type IconName, type Tone } from './wording.js';

export type Section =
  'dashboard' | 'snapshots' | 'runs' | 'jobs' | 'destinations' | 'hooks' | 'conditions';
export type Theme = 'auto' | 'light' | 'dark';

export interface Preferences {
  theme: Theme;
  isRailFolded: boolean;
}

export interface NoteView {
  tone: Tone;
  icon: IconName;
  text: string;
}

export interface LayoutView {
  title: string;
  assets: AssetUrls;
  /** The icon sprite; a symbol is `icons + '#name'`. */
  icons: string;
  theme: Theme;
  isRailFolded: boolean;
  who: string | undefined;
  nav: { label: string; href: string; icon: IconName; isHere: boolean }[];
  /** What the theme button does: the next of system, light, dark. */
  themeChoice: { value: Theme; label: string; icon: IconName };
  railChoice: { value: 'folded' | 'open'; label: string };
  csrf: string;
  /** This page's own path, to come back to after changing a preference. */
  here: string;
  urls: { home: string; signOut: string; preferences: string };
  flash: NoteView | undefined;
}

/** What a redirect may announce on the next page; only these, so that no one can plant a text. */
const FLASHES = {
  'run-cancelled': 'The run is being cancelled.',
  'run-retried': 'What had failed is queued again.',
  'nothing-chosen': 'Tick what you want first, then choose Restore or Download.',
  'snapshot-noted': 'The note and the labels were kept.',
  'snapshot-locked': 'The snapshot is locked: it is not removed until it is unlocked.',
  'snapshot-unlocked': 'The snapshot is unlocked.',
  'account-tagged': 'The tags were kept.',
  'job-added': 'The job was added. Now say when it runs.',
  'job-removed': 'The job was removed. Its snapshots stay.',
  'schedule-added': 'The schedule was added.',
  'schedule-changed': 'The schedule was changed.',
  'schedule-removed': 'The schedule was removed. Its snapshots stay.',
  'destination-added': 'The destination was added.',
  'destination-changed': 'The settings were changed.',
  'destination-removed': 'The destination was forgotten. What lies there was not touched.',
  'condition-added': 'The condition was added. It is asked for from now on.',
  'condition-removed': 'The condition was removed. What was accepted stays in its runs.',
  'hook-added': 'The hook was added. Try it before it counts.',
  'hook-changed': 'The hook was changed.',
  'hook-removed': 'The hook was removed. Its program stays.',
  'signed-out': 'You are signed out.',
} as const;

export type Flash = keyof typeof FLASHES;

export interface LayoutInput {
  title: string;
  section?: Section | undefined;
  actor: Actor | undefined;
  csrf: string;
  here: string;
  preferences: Preferences;
  flash?: string | undefined;
  assets: AssetUrls;
}

export function toLayout(input: LayoutInput): LayoutView {
  return {
    title: input.title,
    assets: input.assets,
    icons: input.assets['icons.svg'],
    theme: input.preferences.theme,
    isRailFolded: input.preferences.isRailFolded,
    who: input.actor === undefined ? undefined : displayText(input.actor.label),
    nav: navOf(input.actor, input.section),
    themeChoice: NEXT_THEMES[input.preferences.theme],
    railChoice: input.preferences.isRailFolded
      ? { value: 'open', label: 'Unfold menu' }
      : { value: 'folded', label: 'Fold menu' },
    csrf: input.csrf,
    here: input.here,
    urls: { home: urls.dashboard(), signOut: urls.signOut(), preferences: urls.preferences() },
    flash: flashOf(input.flash),
  };
}

function navOf(actor: Actor | undefined, section: Section | undefined): LayoutView['nav'] {
  const items: { section: Section; label: string; href: string; icon: IconName }[] = [
    { section: 'dashboard', label: 'Dashboard', href: urls.dashboard(), icon: 'speedometer' },
    { section: 'snapshots', label: 'Snapshots', href: urls.snapshots(), icon: 'camera' },
    { section: 'runs', label: 'Runs', href: urls.runs(), icon: 'list-task' },
  ];
  if (actor?.role === 'admin') {
    items.push(
      { section: 'jobs', label: 'Jobs', href: urls.jobs(), icon: 'stack' },
      { section: 'destinations', label: 'Destinations', href: urls.destinations(), icon: 'hdd' },
      { section: 'hooks', label: 'Hooks', href: urls.hooks(), icon: 'plug' },
      { section: 'conditions', label: 'Conditions', href: urls.conditions(), icon: 'shield-check' },
    );
  }
  return items.map(({ section: own, ...item }) => ({ ...item, isHere: own === section }));
}

const NEXT_THEMES: Record<Theme, LayoutView['themeChoice']> = {
  auto: { value: 'light', label: 'Theme: automatic', icon: 'circle-half' },
  light: { value: 'dark', label: 'Theme: light', icon: 'sun' },
  dark: { value: 'auto', label: 'Theme: dark', icon: 'moon' },
};

function flashOf(code: string | undefined): NoteView | undefined {
  if (code === undefined || !Object.hasOwn(FLASHES, code)) return undefined;
  return { tone: 'accent', icon: 'info-circle', text: FLASHES[code as Flash] };
}

/** Reads preferences from cookie values; anything unknown is the default. */
export function toPreferences(theme: string | undefined, rail: string | undefined): Preferences {
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : 'auto',
    isRailFolded: rail === 'folded',
  };
}
