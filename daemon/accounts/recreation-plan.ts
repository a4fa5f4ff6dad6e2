/**
 * What makes an account again that is no longer on this server: programs and their arguments, by the
 * source that accounts come from. Pure. Passwords are never among the arguments; where a panel demands
 * one, a file holds a random one that nobody knows, and the panel sets another afterwards.
 */
import { msg, t } from '../platform/messages.js';
import type { Account } from './account.entity.js';
import { accountNameProblem, homeProblem } from './account-source.js';

/** Stands in the arguments for the file that holds a random password. */
export const PASSWORD_FILE = 'PASSWORD-FILE';

export interface MakingStep {
  /** Absolute path. */
  program: string;
  args: string[];
}

export interface RecreationPlan {
  source: string;
  steps: MakingStep[];
  /** Why this cannot be done here, in sentences. */
  obstacles: string[];
  notes: string[];
}

/** What there is on this server. */
export interface ServerFacts {
  userOfName: { uid: number } | undefined;
  userOfUid: { name: string } | undefined;
  groupOfName: { gid: number } | undefined;
  groupOfGid: { name: string } | undefined;
  /** Undefined: there is no such directory. */
  homeUid: number | undefined;
  /** Why nothing is made in the folder of the home; undefined: it may be. */
  folderProblem: string | undefined;
}

export interface UidRange {
  uidMin: number;
  uidMax: number;
}

type Gone = Pick<Account, 'name' | 'user' | 'uid' | 'gid' | 'home' | 'package' | 'email' | 'parts'>;

const DOMAIN = /^(?=.{1,253}$)([a-z0-9_]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/i;

export function planRecreation(
  source: string,
  account: Gone,
  { facts, range }: { facts: ServerFacts; range: UidRange },
): RecreationPlan {
  const obstacles: string[] = [];
  for (const name of [account.name, account.user]) {
    if (accountNameProblem(name) !== undefined) {
      obstacles.push(
        t(
          'The name {name} must be 1 to 64 letters, digits and . _ @ - and begin with a letter, a digit or _.',
          { name: JSON.stringify(name) },
        ),
      );
    }
  }
  if (facts.userOfName !== undefined) {
    obstacles.push(
      t('There is a user {user} already (uid {uid}).', {
        user: account.user,
        uid: String(facts.userOfName.uid),
      }),
    );
  }
  const plan = { source, steps: [], obstacles, notes: [] };
  if (source === 'linux') return linuxPlan(plan, account, facts, range);
  return panelPlan(plan, account);
}

function linuxPlan(
  plan: RecreationPlan,
  { user, uid, gid, home }: Gone,
  facts: ServerFacts,
  { uidMin, uidMax }: UidRange,
): RecreationPlan {
  const { obstacles } = plan;
  if (uid < uidMin || uid > uidMax) {
    obstacles.push(
      t('Its uid {uid} is none of accounts.uidMin to accounts.uidMax.', { uid: String(uid) }),
    );
  }
  if (facts.userOfUid !== undefined) {
    obstacles.push(t('Its uid {uid} is that of {user} now. Make a user with another uid and assign the snapshots to it.', { uid: String(uid), user: facts.userOfUid.name })); // prettier-ignore
  }
  const ofHome = homeProblem(home);
  if (ofHome !== undefined) {
    obstacles.push(
      t('Its home {home} {problem}.', { home: JSON.stringify(home), problem: ofHome }),
    );
  }
  const isThere = facts.homeUid !== undefined;
  if (isThere && facts.homeUid !== uid) {
    obstacles.push(
      t('Its home {home} is there and belongs to uid {uid}.', { home, uid: String(facts.homeUid) }),
    );
  }
  if (facts.folderProblem !== undefined) obstacles.push(facts.folderProblem);
  const steps = groupSteps(plan, { user, gid }, facts, uidMin);
  const making = isThere ? '--no-create-home' : '--create-home';
  const ids = ['--uid', String(uid), '--gid', String(gid)];
  const args = [...ids, '--home-dir', home, making, '--shell', '/usr/sbin/nologin', '--', user];
  const note = t('It gets no password and no login shell; give it those with passwd and chsh.');
  return { ...plan, notes: [note], steps: [...steps, { program: '/usr/sbin/useradd', args }] };
}

/** A group of another name may be another customer's by now, unless it is one of the system. */
function groupSteps(
  { obstacles }: RecreationPlan,
  { user, gid }: Pick<Gone, 'user' | 'gid'>,
  { groupOfGid, groupOfName }: ServerFacts,
  uidMin: number,
): MakingStep[] {
  if (groupOfGid === undefined) {
    if (groupOfName === undefined) {
      return [{ program: '/usr/sbin/groupadd', args: ['--gid', String(gid), '--', user] }];
    }
    obstacles.push(t('There is a group {user} already (gid {other}), and its gid was {gid}.', { user, other: String(groupOfName.gid), gid: String(gid) })); // prettier-ignore
    return [];
  }
  if (groupOfGid.name !== user && gid >= uidMin) {
    obstacles.push(
      t('Its gid {gid} is that of the group {group} now.', {
        gid: String(gid),
        group: groupOfGid.name,
      }),
    );
  }
  return [];
}

function panelPlan(plan: RecreationPlan, account: Gone): RecreationPlan {
  const { obstacles, source } = plan;
  const { domain, email } = addressesOf(account);
  const given = { user: account.user, domain: domain ?? 'DOMAIN', email: email ?? 'EMAIL', plan: account.package }; // prettier-ignore
  const command = PANEL_COMMANDS[source]?.(given);
  if (command === undefined) {
    obstacles.push(t('Accounts come from "{source}" here: make it there, with its home {home}.', { source, home: account.home })); // prettier-ignore
    return plan;
  }
  obstacles.push(...missingOf(source, account));
  if (command.blank !== undefined) {
    obstacles.push(
      t('{missing} Fill that in, run it yourself, then assign the snapshots.', {
        missing: t(command.blank),
      }),
    );
  }
  const note = t('Its uid is for the panel to choose; everything is restored as the new account’s own. Set its password in the panel.'); // prettier-ignore
  return { ...plan, notes: [note], steps: [command.step] };
}

function addressesOf({ parts, email }: Gone): { domain?: string; email?: string } {
  const domain = parts?.domains[0]?.name;
  if (domain === undefined) return email === null ? {} : { email };
  return { domain, email: email ?? `root@${domain}` };
}

/** What the panel's command needs and nobody knows, or would not be understood. */
function missingOf(source: string, account: Gone): string[] {
  const { domain, email } = addressesOf(account);
  const missing: string[] = [];
  if (source !== 'hestiacp' && !DOMAIN.test(domain ?? '')) {
    missing.push(t('Its main domain is not known; make it in the panel and assign the snapshots.'));
  }
  if (source === 'hestiacp' && email === undefined) {
    missing.push(
      t('Its e-mail address is not known; make it in the panel and assign the snapshots.'),
    );
  }
  const odd = [account.package ?? '', email ?? ''].filter((text) => /^-|\p{Cc}/u.test(text));
  return [...missing, ...odd.map((text) => t('The panel would not understand {text}.', { text: JSON.stringify(text) }))]; // prettier-ignore
}

interface PanelCommand {
  step: MakingStep;
  /** What nobody here knows. */
  blank?: string;
}

interface Given {
  user: string;
  domain: string;
  email: string;
  plan: string | null;
}

/** By the documentation of each panel. */
const PANEL_COMMANDS: Readonly<Record<string, (given: Given) => PanelCommand>> = {
  cpanel: ({ user, domain, email, plan }) => ({
    step: {
      program: '/usr/local/cpanel/bin/whmapi1',
      args: ['createacct', `username=${user}`, `domain=${domain}`, `contactemail=${email}`, ...(plan === null ? [] : [`plan=${plan}`])], // prettier-ignore
    },
  }),
  // As its own web interface does, the password is handed over in a file below /tmp.
  hestiacp: ({ user, email, plan }) => ({
    step: {
      program: '/usr/local/hestia/bin/v-add-user',
      args: [user, PASSWORD_FILE, email, ...(plan === null ? [] : [plan])],
    },
  }),
  virtualmin: ({ user, domain, email, plan }) => ({
    step: {
      program: '/usr/sbin/virtualmin',
      args: ['create-domain', '--domain', domain, '--user', user, '--passfile', PASSWORD_FILE, '--email', email, ...(plan === null ? ['--default-features'] : ['--plan', plan, '--features-from-plan'])], // prettier-ignore
    },
  }),
  plesk: ({ user, domain, plan }) => ({
    step: {
      program: '/usr/sbin/plesk',
      args: ['bin', 'subscription', '--create', domain, ...(plan === null ? [] : ['-service-plan', plan]), '-ip', 'IP-ADDRESS', '-login', user, '-passwd', ''], // prettier-ignore
    },
    blank: msg(
      'Its IP address is not known, and the password goes into the variable PSA_PASSWORD.',
    ),
  }),
  directadmin: ({ user, domain, email, plan }) => ({
    step: {
      program: '/usr/bin/curl',
      args: ['--config', '-', '--data-urlencode', 'action=create', '--data-urlencode', 'add=Submit', '--data-urlencode', `username=${user}`, '--data-urlencode', `email=${email}`, '--data-urlencode', `domain=${domain}`, ...(plan === null ? [] : ['--data-urlencode', `package=${plan}`]), '--data-urlencode', 'ip=shared', '--data-urlencode', 'notify=no'], // prettier-ignore
    },
    blank: msg('The address is what "da api-url" prints, with /CMD_API_ACCOUNT_USER, and passwd and passwd2 are the password: lines url=… and data-urlencode=… on its standard input.'), // prettier-ignore
  }),
};
