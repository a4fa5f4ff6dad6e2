/**
 * What every page carries besides its own content: the rail, who is signed in, the theme, the CSRF
 * token, a one-line message about what just happened. Pure.
 */
import type { Actor } from '../daemon/auth/actor.js';
import { LANGUAGES, t, type Language } from '../daemon/platform/messages.js';
import type { AssetUrls } from './assets.js';
import { flashOf, type NoteView } from './flashes.js';
import { navigationOf, type NavGroup, type Section } from './navigation.js';
import { urls } from './routes.js';
import { displayText, type IconName } from './wording.js';

export type Theme = 'auto' | 'light' | 'dark';

export interface Preferences {
  theme: Theme;
  isRailFolded: boolean;
}

export interface LayoutView {
  title: string;
  language: Language;
  assets: AssetUrls;
  /** The icon sprite; a symbol is `icons + '#name'`. */
  icons: string;
  theme: Theme;
  isRailFolded: boolean;
  who: string | undefined;
  /** While an admin acts as an account: on every page, with the way back. */
  viewing: { text: string; endUrl: string } | undefined;
  nav: NavGroup[];
  /** What the theme button does: the next of system, light, dark. */
  themeChoice: { value: Theme; label: string; icon: IconName };
  railChoice: { value: 'folded' | 'open'; label: string };
  /** What the language button does: the next one, by its own name. */
  languageChoice: { value: Language; label: string };
  csrf: string;
  /** This page's own path, to come back to after changing a preference. */
  here: string;
  urls: { home: string; signOut: string; preferences: string };
  flash: NoteView | undefined;
  /** It shows what changes. */
  isLive: boolean;
}

export interface LayoutInput {
  title: string;
  section?: Section | undefined;
  actor: Actor | undefined;
  csrf: string;
  here: string;
  language: Language;
  preferences: Preferences;
  flash?: string | undefined;
  isLive?: boolean;
  /** Alerts that nobody takes care of; only admins see it. */
  openErrors?: number;
  assets: AssetUrls;
}

export function toLayout(input: LayoutInput): LayoutView {
  return {
    title: input.title,
    language: input.language,
    assets: input.assets,
    icons: input.assets['icons.svg'],
    theme: input.preferences.theme,
    isRailFolded: input.preferences.isRailFolded,
    who: input.actor === undefined ? undefined : displayText(input.actor.label),
    viewing: viewingOf(input.actor),
    nav: navigationOf(input.actor, input.section, { alerts: input.openErrors ?? 0 }),
    themeChoice: nextTheme(input.preferences.theme),
    railChoice: input.preferences.isRailFolded
      ? { value: 'open', label: t('Unfold menu') }
      : { value: 'folded', label: t('Fold menu') },
    languageChoice: nextLanguage(input.language),
    csrf: input.csrf,
    here: input.here,
    urls: { home: urls.dashboard(), signOut: urls.signOut(), preferences: urls.preferences() },
    flash: flashOf(input.flash),
    isLive: input.isLive === true,
  };
}

function viewingOf(actor: Actor | undefined): LayoutView['viewing'] {
  if (actor?.role !== 'account' || actor.viewedBy === undefined) return undefined;
  const names = { account: displayText(actor.accountName), admin: displayText(actor.viewedBy) };
  const text = t('You see the panel as {account}. What you do is recorded for {admin}.', names);
  return { text, endUrl: urls.viewAsEnd() };
}

function nextLanguage(language: Language): LayoutView['languageChoice'] {
  const languages = Object.keys(LANGUAGES) as Language[];
  const next = languages[(languages.indexOf(language) + 1) % languages.length] ?? 'en';
  return { value: next, label: LANGUAGES[next] };
}

function nextTheme(theme: Theme): LayoutView['themeChoice'] {
  const next: Record<Theme, LayoutView['themeChoice']> = {
    auto: { value: 'light', label: t('Theme: automatic'), icon: 'circle-half' },
    light: { value: 'dark', label: t('Theme: light'), icon: 'sun' },
    dark: { value: 'auto', label: t('Theme: dark'), icon: 'moon' },
  };
  return next[theme];
}

/** Reads preferences from cookie values; anything unknown is the default. */
export function toPreferences(theme: string | undefined, rail: string | undefined): Preferences {
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : 'auto',
    isRailFolded: rail === 'folded',
  };
}
