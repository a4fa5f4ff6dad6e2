/** The services of notices beside those of a runs harness: real rows, real servers to send to. */
import { DestinationOpener } from '../jobs/destination-opener.js';
import { DestinationProbes } from '../jobs/destination-probes.service.js';
import { DestinationsStore } from '../jobs/destinations.store.js';
import { SchedulesStore } from '../jobs/schedules.store.js';
import { AccountChecks } from '../notices/account-checks.js';
import { AccountContactsStore } from '../notices/account-contacts.store.js';
import { AlertBook } from '../notices/alert-book.js';
import { AlertsService } from '../notices/alerts.service.js';
import { AlertsStore } from '../notices/alerts.store.js';
import { ChannelSender } from '../notices/channel-sender.js';
import { ChannelsService } from '../notices/channels.service.js';
import { ChannelsStore } from '../notices/channels.store.js';
import { ConditionWatch } from '../notices/condition-watch.js';
import { CoveredAccounts } from '../notices/covered-accounts.js';
import { DeliveriesStore } from '../notices/deliveries.store.js';
import { DestinationChecks } from '../notices/destination-checks.js';
import { JobChecks } from '../notices/job-checks.js';
import { NoticeLinks } from '../notices/notice-links.js';
import { NoticeWriter } from '../notices/notice-writer.js';
import { NoticesStore } from '../notices/notices.store.js';
import { OwnerNoticesService } from '../notices/owner-notices.service.js';
import { Postman } from '../notices/postman.js';
import { EndedRuns, RunNotices } from '../notices/run-notices.js';
import { SignInNotices } from '../notices/sign-in-notices.js';
import { WatchStore } from '../notices/watch.store.js';
import type { Config } from '../platform/config-schema.js';
import { parseConfig } from '../platform/config.js';
import { createLogger } from '../platform/logger.js';
import { openSecretBox } from '../platform/secret.js';
import type { Harness } from './runs-harness.js';

export interface StageOptions {
  notices?: Partial<Config['notices']>;
  timeZone?: string;
}

/** Opened a second time over the same harness, it is the daemon after a restart. */
export async function openNotices(harness: Harness, options: StageOptions = {}) {
  const { accounts, clock, dataSource, destinations, events, jobs, paths, runs } = harness;
  const defaults = parseConfig({ file: '/none', env: {}, text: 'sandbox: true' }).config;
  const config = {
    ...defaults,
    server: { name: 'web1' },
    schedule: { ...defaults.schedule, timeZone: options.timeZone ?? 'UTC' },
    notices: { ...defaults.notices, ...options.notices },
  };
  const links = new NoticeLinks();
  links.lead(
    (runId) => `https://panel.example.com/runs/${runId}`,
    ({ id, requestedBy, finishedAt }) => ({
      url: `https://panel.example.com/signed/${id}/${requestedBy}`,
      expiresAt: finishedAt,
    }),
  );
  const secretBox = await openSecretBox(paths.keys);
  const sender = new ChannelSender(secretBox, links, config);
  const channelsStore = new ChannelsStore(dataSource);
  const channels = new ChannelsService(channelsStore, sender, events, config, clock);
  const notices = new NoticesStore(dataSource);
  const deliveries = new DeliveriesStore(dataSource);
  const contacts = new AccountContactsStore(dataSource);
  const writer = new NoticeWriter(notices, channelsStore, contacts, config, clock);
  const postman = new Postman(channelsStore, deliveries, sender, config, clock);
  const owners = new OwnerNoticesService(accounts, contacts, channelsStore, events, config);
  const schedules = new SchedulesStore(dataSource);
  const ended = new EndedRuns(runs, accounts, destinations, schedules);
  const runNotices = new RunNotices(ended, notices, writer);
  const signIns = new SignInNotices(events, notices, writer);
  const alertsStore = new AlertsStore(dataSource);
  const alerts = new AlertsService(alertsStore, deliveries, events, clock);
  const book = new AlertBook(alertsStore, writer, clock);
  const places = new DestinationsStore(dataSource);
  const opener = new DestinationOpener(places, accounts, secretBox, config);
  const probes = new DestinationProbes(places, opener, clock);
  const rows = new WatchStore(dataSource);
  const covered = new CoveredAccounts(jobs, schedules, harness.candidates, config, clock);
  const watch = new ConditionWatch(
    new AccountChecks(accounts, covered, rows, clock),
    new DestinationChecks(probes, harness.destinationPrunes, config, clock),
    new JobChecks(jobs, schedules, rows, config, clock),
    book,
    createLogger({ level: 'silent' }),
  );
  return { alerts, book, channels, contacts, deliveries, notices, owners, postman, runNotices, signIns, watch, writer }; // prettier-ignore
}
