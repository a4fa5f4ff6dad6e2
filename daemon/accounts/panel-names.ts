/** Names in panels' files: what can be one, and thus part of a path or a statement. */

const DOMAIN = /^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/i;
const LOCAL_PART = /^(?!\.\.?$)[a-z0-9!#$%&'*+=?^_`{|}~.-]{1,64}$/i;

/** Of a domain or a wildcard (`*.example.org`), as DNS has it: international ones in their xn-- form. */
export function isDomainName(text: string): boolean {
  return text.length <= 253 && DOMAIN.test(text);
}

/** What stands before the @ of a mailbox, and names its folder. */
export function isLocalPart(text: string): boolean {
  return LOCAL_PART.test(text);
}

/** What MariaDB and PostgreSQL name databases and users, without what no panel lets one call them. */
export function isDatabaseName(text: string): boolean {
  return /^[\p{L}\p{N}_$.-]{1,128}$/u.test(text) && !/^\.+$/.test(text);
}

export interface CheckedNames {
  names: string[];
  /** What is no such name. */
  problems: string[];
}

/** Those that are domains, each once. */
export function checkedDomains(listed: readonly string[]): CheckedNames {
  const wrong = listed.filter((name) => !isDomainName(name));
  return {
    names: [...new Set(listed.filter(isDomainName))],
    problems: wrong.map((name) => `${shown(name)} is no domain`),
  };
}

/** One line of text that is short enough to show anywhere, under its key; nothing when it is not. */
export function labelOf<Key extends string>(
  key: Key,
  value: string | undefined,
): { [K in Key]?: string } {
  const text = value?.trim() ?? '';
  return (/^\P{Cc}{1,255}$/u.test(text) ? { [key]: text } : {}) as { [K in Key]?: string };
}

/** A name as a message shows it. */
export function shown(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}
