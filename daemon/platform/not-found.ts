/** What somebody named, and is not there, or not for them: both are told alike. */
import { AppError } from './errors.js';
import { msg, t } from './messages.js';

const MISSING = {
  account: msg('There is no account "{name}".'),
  alert: msg('There is no alert "{name}".'),
  'api-token': msg('There is no api-token "{name}".'),
  asset: msg('There is no asset "{name}".'),
  channel: msg('There is no channel "{name}".'),
  condition: msg('There is no condition "{name}".'),
  destination: msg('There is no destination "{name}".'),
  download: msg('There is no download "{name}".'),
  hook: msg('There is no hook "{name}".'),
  job: msg('There is no job "{name}".'),
  'kind of channels': msg('There is no kind of channels "{name}".'),
  'kind of destination': msg('There is no kind of destination "{name}".'),
  'kind of schedule': msg('There is no kind of schedule "{name}".'),
  'lock-out': msg('There is no lock-out "{name}".'),
  log: msg('There is no log "{name}".'),
  package: msg('There is no package "{name}".'),
  reseller: msg('There is no reseller "{name}".'),
  run: msg('There is no run "{name}".'),
  schedule: msg('There is no schedule "{name}".'),
  session: msg('There is no session "{name}".'),
  snapshot: msg('There is no snapshot "{name}".'),
  user: msg('There is no user "{name}".'),
  'validation of': msg('There is no validation of "{name}".'),
};

export function notFound(what: keyof typeof MISSING, name: string | number): AppError {
  const message = t(MISSING[what], { name: String(name) });
  return new AppError('not-found', `${what}.not-found`, message);
}
