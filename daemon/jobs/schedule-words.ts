/** When a schedule starts its job, as a person says it, in the language of whoever is answered. Pure. */
import { msg, t } from '../platform/messages.js';
import { WEEKDAYS, type ScheduleTiming, type Weekday } from './schedule-input.js';

const DAY_WORDS: Readonly<Record<Weekday, string>> = {
  mon: msg('mon'),
  tue: msg('tue'),
  wed: msg('wed'),
  thu: msg('thu'),
  fri: msg('fri'),
  sat: msg('sat'),
  sun: msg('sun'),
};

/** `daily at 03:00`, `monthly on 1, 15 and the last day at 04:30`. `jobName`: of the job it follows. */
export function timingText(timing: ScheduleTiming, jobName: string | undefined): string {
  switch (timing.kind) {
    case 'hourly':
      return putOff(hourlyText(timing.everyHours, timing.minute), timing);
    case 'daily':
      return putOff(dailyText(timing.weekdays, timing.time), timing);
    case 'weekly': {
      const day = t(DAY_WORDS[timing.weekday]);
      return putOff(t('weekly on {day} at {time}', { day, time: timing.time }), timing);
    }
    case 'monthly': {
      const days = listed(timing.days.map(dayText));
      return putOff(t('monthly on {days} at {time}', { days, time: timing.time }), timing);
    }
    case 'after':
      return afterText(timing.delayMinutes, jobName);
    case 'on-demand': {
      const count = timing.perAccountLimit;
      const hours = timing.hoursBetween;
      return hours === 0
        ? t('on demand, {count, number} per account', { count })
        : t('on demand, {count, number} per account, every {hours, number} h at most', {
            count,
            hours,
          });
    }
  }
}

function hourlyText(hours: number, minute: number): string {
  return hours === 1
    ? t('hourly at minute {minute}', { minute })
    : t('every {hours} hours at minute {minute}', { hours, minute });
}

function dailyText(weekdays: readonly string[], time: string): string {
  if (weekdays.length === WEEKDAYS.length) return t('daily at {time}', { time });
  const days = WEEKDAYS.filter((day) => weekdays.includes(day)).map((day) => t(DAY_WORDS[day]));
  return t('on {days} at {time}', { days: listed(days), time });
}

function afterText(minutes: number, jobName: string | undefined): string {
  if (jobName === undefined) return t('after a job that was removed');
  return minutes === 0
    ? t('after the job {job}', { job: jobName })
    : t('{minutes} min after the job {job}', { minutes, job: jobName });
}

function dayText(day: number): string {
  return day === 31 ? t('the last day') : String(day);
}

function putOff(text: string, { jitterMinutes }: { jitterMinutes: number }): string {
  if (jitterMinutes === 0) return text;
  return t('{when} and up to {minutes} min later', { when: text, minutes: jitterMinutes });
}

function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  const [first, last] = [words.slice(0, -1).join(', '), words.at(-1) ?? ''];
  return t('{first} and {last}', { first, last });
}
