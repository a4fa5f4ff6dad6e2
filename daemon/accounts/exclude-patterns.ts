/** What excludes of a job or an account must look like: lines of a .gitignore, relative to the home. */
import ignore from 'ignore';
import { z } from 'zod';
import { t } from '../platform/messages.js';

const MAX_LENGTH = 1_000;

/** Why a pattern cannot be used, or undefined when it can. */
export function excludeProblem(pattern: string): string | undefined {
  if (pattern.trim() === '') return t('A pattern must not be empty.');
  if (pattern.length > MAX_LENGTH) {
    return t('A pattern may have {most} characters.', { most: String(MAX_LENGTH) });
  }
  // eslint-disable-next-line no-control-regex -- NUL ends a path, newlines would be two patterns
  if (/[\x00\n\r]/.test(pattern)) return t('A pattern is one line.');
  if (pattern.startsWith('#')) {
    return t('A line that starts with # is a comment; write \\# to mean it.');
  }
  if (/^[!/]+$/.test(pattern)) return t('This pattern matches nothing.');
  if (pattern.split('/').some((part) => part === '..' || part === '.')) {
    return t('A pattern is relative to the home and cannot contain "." or "..".');
  }
  return doesCompile(pattern) ? undefined : t('This is not a gitignore pattern.');
}

const excludePattern = z.string().superRefine((pattern, context) => {
  const message = excludeProblem(pattern);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const ownExcludePattern = excludePattern.refine((pattern) => !pattern.startsWith('!'), {
  error: () =>
    t('A pattern of an account cannot begin with !, which would bring back what others left out.'),
});

export const ownExcludePatterns = z
  .array(ownExcludePattern)
  .max(100, { error: () => t('There may be 100 patterns.') });

export const excludePatterns = z
  .array(excludePattern)
  .max(500, { error: () => t('There may be 500 patterns.') });

function doesCompile(pattern: string): boolean {
  try {
    ignore().add(pattern).ignores('a');
    return true;
  } catch {
    return false;
  }
}
