/** Times of the exchange's clock for people; always UTC, since a tape's past has no local time. */

const dayTime = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  day: '2-digit',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
const clockTime = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const date = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'long', year: 'numeric' });

/** "14 Mar, 09:41". */
export const formatDayTime = (at: number): string => dayTime.format(at);
/** "09:41:07". */
export const formatClock = (at: number): string => clockTime.format(at);
/** "14 March 2026". */
export const formatDate = (at: number): string => date.format(at);

/** "2 d 4 h", "3 h 12 min", "22 min", "4 min 10 s", "8 s". */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  if (minutes >= 10) return `${minutes} min`;
  if (minutes > 0) return `${minutes} min ${seconds % 60} s`;
  return `${seconds} s`;
}

/** "84 MB". */
export const formatBytes = (bytes: number): string => `${Math.round(bytes / 1_000_000)} MB`;
