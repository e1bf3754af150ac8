/** Moments in words, by the calendar of this place. */
import { DAY } from '../../signal/wire/time.ts';

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const dayAndMonth = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });
const fullDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
const shortDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** Days between two moments on the calendar of this place; 0 is the same day, 1 the day before. */
function daysBetween(earlier: number, later: number): number {
  // Rounded, because a day on which the clocks change has 23 or 25 hours.
  return Math.round((new Date(later).setHours(0, 0, 0, 0) - new Date(earlier).setHours(0, 0, 0, 0)) / DAY);
}

/** "14:05" */
export function formatClock(time: number): string {
  return clock.format(time);
}

/** "Today", "Yesterday", "Monday 3 June", or "3 June 2024" in another year. */
export function formatDay(time: number, now = Date.now()): string {
  const days = daysBetween(time, now);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  const sameYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? dayAndMonth : fullDay).format(time);
}

/** Short enough for a list: "14:05", "Yesterday", "3 Jun". */
export function formatMoment(time: number, now = Date.now()): string {
  const days = daysBetween(time, now);
  if (days === 0) return formatClock(time);
  return days === 1 ? 'Yesterday' : shortDay.format(time);
}

/** "tomorrow at 14:05", "Monday 3 June at 14:05" */
export function formatDeadline(time: number, now = Date.now()): string {
  const days = daysBetween(now, time);
  const day = days === 0 ? 'today' : days === 1 ? 'tomorrow' : dayAndMonth.format(time);
  return `${day} at ${formatClock(time)}`;
}

/** "today at 14:05", "yesterday at 14:05", "3 June 2024 at 14:05" */
export function formatPast(time: number, now = Date.now()): string {
  const days = daysBetween(time, now);
  const day = days === 0 ? 'today' : days === 1 ? 'yesterday' : fullDay.format(time);
  return `${day} at ${formatClock(time)}`;
}

/** Whether two moments fall on one day of this place's calendar. */
export function sameDay(one: number, other: number): boolean {
  return daysBetween(one, other) === 0;
}

/** "12 s", "3 min", "2 h 5 min" */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
