/**
 * Every entity of the catalogue. Composition only: the application and the drift test read this
 * list; the catalogue itself is handed it, since it lies below the folders that own the entities.
 */
import { Account } from './accounts/account.entity.js';
import { ApiToken } from './auth/api-token.entity.js';
import { RecordedEvent } from './auth/event.entity.js';
import { PermissionSetting } from './auth/permissions/permission-setting.entity.js';
import { RecoveryCode } from './auth/recovery-code.entity.js';
import { Session } from './auth/session.entity.js';
import { SignInLink } from './auth/sign-in-link.entity.js';
import { User } from './auth/user.entity.js';
import { StoredDestination } from './jobs/destination.entity.js';
import { DestinationUsage } from './jobs/destination-usage.entity.js';
import { Hook } from './jobs/hook.entity.js';
import { JobDestination } from './jobs/job-destination.entity.js';
import { Job } from './jobs/job.entity.js';
import { Schedule } from './jobs/schedule.entity.js';
import { AccountContact } from './notices/account-contact.entity.js';
import { Alert } from './notices/alert.entity.js';
import { BackupStreak } from './notices/backup-streak.entity.js';
import { Channel } from './notices/channel.entity.js';
import { Delivery } from './notices/delivery.entity.js';
import { Notice } from './notices/notice.entity.js';
import { NoticedRun } from './notices/noticed-run.entity.js';
import { Garbage } from './runs/garbage.entity.js';
import { RestoreCondition } from './runs/restore-condition.entity.js';
import { Run } from './runs/run.entity.js';
import { Snapshot } from './runs/snapshot.entity.js';
import { SteadyMark } from './runs/steady-time.entity.js';
import { Task } from './runs/task.entity.js';

export const entities = [
  Account,
  User,
  RecoveryCode,
  Session,
  SignInLink,
  ApiToken,
  RecordedEvent,
  PermissionSetting,
  StoredDestination,
  DestinationUsage,
  Job,
  JobDestination,
  Schedule,
  Hook,
  Run,
  Task,
  Snapshot,
  Garbage,
  SteadyMark,
  RestoreCondition,
  Channel,
  Notice,
  Delivery,
  Alert,
  AccountContact,
  BackupStreak,
  NoticedRun,
];
