import { YAMLParseError, parse } from 'yaml';
import { z } from 'zod';
import type { Problem } from '../platform/errors.js';
import { accountParts } from './account-parts.js';
import { accountNameProblem, homeProblem } from './account-source.js';

/** One line of text that is short enough to show anywhere. */
const label = z.string().regex(/^\P{Cc}{1,255}$/u, 'must be 1 to 255 printable characters');

const { mailboxes, zones, certificates, ftpAccounts, panelFiles, crontab } = accountParts.shape;

/** What it consists of besides its home and databases: absolute paths. */
const otherParts = {
  mailboxes: mailboxes.unwrap().optional(),
  zones: zones.unwrap().optional(),
  certificates: certificates.unwrap().optional(),
  crontab,
  ftpAccounts: ftpAccounts.unwrap().optional(),
  panelFiles: panelFiles.unwrap().optional(),
};

const directoryAccount = z
  .strictObject({
    name: z.string().superRefine(refuse(accountNameProblem)),
    home: z.string().superRefine(refuse(homeProblem)),
    /** The Unix user; without it, whoever owns the home. */
    user: z.string().superRefine(refuse(accountNameProblem)).optional(),
    email: z.email('must be an email address').optional(),
    owner: label.optional(),
    package: label.optional(),
    /** Names of its databases; without it, those called like the account and `_`. */
    databases: z.array(z.string().min(1).max(64)).max(10_000).optional(),
    ...otherParts,
  })
  .refine(isWholeOfParts, {
    path: ['databases'],
    error:
      'is needed beside mailboxes, zones and the like: the names of its databases, [] for none',
  });

/** Who names some parts names all of them: databases are no longer guessed by their names then. */
function isWholeOfParts(account: Record<string, unknown>): boolean {
  const hasOthers = Object.keys(otherParts).some((key) => account[key] !== undefined);
  return account['databases'] !== undefined || !hasOthers;
}

const directoryFile = z.strictObject({ accounts: z.array(directoryAccount) });

export type DirectoryAccount = z.infer<typeof directoryAccount>;

export type ParsedDirectory =
  { isOk: true; accounts: DirectoryAccount[] } | { isOk: false; problems: Problem[] };

/** Reads the YAML text; every problem names its place, `accounts.3.home`. */
export function parseDirectory(text: string): ParsedDirectory {
  let content: unknown;
  try {
    content = parse(text, { prettyErrors: true, uniqueKeys: true });
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    return { isOk: false, problems: [{ field: '', message: `is not YAML: ${error.message}` }] };
  }
  const result = directoryFile.safeParse(content);
  if (!result.success) return { isOk: false, problems: result.error.issues.map(toProblem) };
  const { accounts } = result.data;
  const problems = repeatedNames(accounts);
  return problems.length > 0 ? { isOk: false, problems } : { isOk: true, accounts };
}

function refuse(problemOf: (text: string) => string | undefined) {
  return (text: string, context: z.RefinementCtx): void => {
    const message = problemOf(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  };
}

function toProblem(issue: z.core.$ZodIssue): Problem {
  return { field: issue.path.map(String).join('.'), message: issue.message };
}

function repeatedNames(accounts: DirectoryAccount[]): Problem[] {
  const firstAt = new Map<string, number>();
  return accounts.flatMap(({ name }, index) => {
    const first = firstAt.get(name);
    if (first === undefined) {
      firstAt.set(name, index);
      return [];
    }
    const message = `"${name}" is the name of accounts.${String(first)} already`;
    return [{ field: `accounts.${String(index)}.name`, message }];
  });
}
