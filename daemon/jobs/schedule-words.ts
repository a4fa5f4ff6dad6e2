/** When a schedule starts its job, as a person says it. Pure. */
import { WEEKDAYS, type ScheduleTiming } from './schedule-input.js';

/** `daily at 03:00`, `monthly on 1, 15 and the last day at 04:30`. `jobName`: of the job it follows. */
export function timingText(timing: ScheduleTiming, jobName: string | undefined): string {
  switch (timing.kind) {
    case 'hourly':
      return `${everyHours(timing.everyHours)} at minute ${timing.minute}${jitter(timing)}`;
    case 'daily':
      return `${onWeekdays(timing.weekdays)} at ${timing.time}${jitter(timing)}`;
    case 'weekly':
      return `weekly on ${timing.weekday} at ${timing.time}${jitter(timing)}`;
    case 'monthly':
      return `monthly on ${listed(timing.days.map(dayText))} at ${timing.time}${jitter(timing)}`;
    case 'after': {
      const delay = timing.delayMinutes === 0 ? '' : `${timing.delayMinutes} min `;
      return `${delay}after the job ${jobName ?? 'that was removed'}`;
    }
    case 'on-demand': {
      const again = timing.hoursBetween === 0 ? '' : `, every ${timing.hoursBetween} h at most`;
      return `on demand, ${timing.perAccountLimit} per account${again}`;
    }
  }
}

function everyHours(hours: number): string {
  return hours === 1 ? 'hourly' : `every ${hours} hours`;
}

function onWeekdays(weekdays: readonly string[]): string {
  if (weekdays.length === WEEKDAYS.length) return 'daily';
  return `on ${listed(WEEKDAYS.filter((day) => weekdays.includes(day)))}`;
}

function dayText(day: number): string {
  return day === 31 ? 'the last day' : String(day);
}

function jitter({ jitterMinutes }: { jitterMinutes: number }): string {
  return jitterMinutes === 0 ? '' : ` and up to ${jitterMinutes} min later`;
}

function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}
