import { CreateAccounts1792000000001 } from './1792000000001-create-accounts.js';
import { CreateAuth1792000000002 } from './1792000000002-create-auth.js';
import { CreateJobs1792000000003 } from './1792000000003-create-jobs.js';
import { CreateRuns1792000000004 } from './1792000000004-create-runs.js';
import { CreateSnapshots1792000000005 } from './1792000000005-create-snapshots.js';
import { DestinationSettings1792000000006 } from './1792000000006-destination-settings.js';
import { Reindex1792000000007 } from './1792000000007-reindex.js';
import { Schedules1792000000008 } from './1792000000008-schedules.js';
import { Retention1792000000009 } from './1792000000009-retention.js';
import { NotesAndAges1792000000010 } from './1792000000010-notes-and-ages.js';
import { AccountParts1792000000011 } from './1792000000011-account-parts.js';
import { Hooks1792000000012 } from './1792000000012-hooks.js';
import { SafetySnapshots1792000000013 } from './1792000000013-safety-snapshots.js';
import { WordpressCore1792000000014 } from './1792000000014-wordpress-core.js';
import { RestoreConditions1792000000015 } from './1792000000015-restore-conditions.js';
import { RunParts1792000000016 } from './1792000000016-run-parts.js';
import { Permissions1792000000017 } from './1792000000017-permissions.js';
import { Notices1792000000018 } from './1792000000018-notices.js';
import { SignIn1792000000019 } from './1792000000019-sign-in.js';
import { DestinationUsage1792000000020 } from './1792000000020-destination-usage.js';
import { Verifications1792000000021 } from './1792000000021-verifications.js';

/**
 * Every change of the schema, in order. Append only: one that was released is never edited, since
 * catalogues out there have already run it.
 */
export const migrations = [
  CreateAccounts1792000000001,
  CreateAuth1792000000002,
  CreateJobs1792000000003,
  CreateRuns1792000000004,
  CreateSnapshots1792000000005,
  DestinationSettings1792000000006,
  Reindex1792000000007,
  Schedules1792000000008,
  Retention1792000000009,
  NotesAndAges1792000000010,
  AccountParts1792000000011,
  Hooks1792000000012,
  SafetySnapshots1792000000013,
  WordpressCore1792000000014,
  RestoreConditions1792000000015,
  RunParts1792000000016,
  Permissions1792000000017,
  Notices1792000000018,
  SignIn1792000000019,
  DestinationUsage1792000000020,
  Verifications1792000000021,
];
