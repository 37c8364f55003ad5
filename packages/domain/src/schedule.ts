/**
 * Times of a cron line of five fields (minute, hour, day of month, month, day of week) on the clocks of an IANA zone.
 *   C1  A time that the clocks skip is taken as much later as they jump; one that they show twice is taken once, the first time.
 *   C2  With both a day of month and a day of week, either will do.
 */
import type { EpochMs } from './order.ts';

export interface Schedule {
  readonly zone: string;
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** Both days are restricted. */
  readonly either: boolean;
}

const dayMs = 86_400_000;
/** Five years: the longest wait for a 29 February but one in 2100. */
const daysMost = 366 * 5;

/** A sentence on what is wrong with a cron line or its zone, or the schedule. */
export function readSchedule(cron: string, zone: string): Schedule | string {
  const parts = cron.trim().split(/\s+/);
  if (parts.length !== 5)
    return `"${cron}" must have five fields such as "0 9 * * 1" (Mondays at nine): minute, hour, day of month, month, day of week`;
  if (!isTimeZone(zone)) return `"${zone}" is not a time zone such as "Europe/Berlin" or "UTC"`;
  const limits = [
    ['minute', 0, 59],
    ['hour', 0, 23],
    ['day of month', 1, 31],
    ['month', 1, 12],
    ['day of week', 0, 7],
  ] as const;
  const fields: number[][] = [];
  for (const [index, [name, least, most]] of limits.entries()) {
    const field = readField(parts[index] as string, least, most);
    if (field === null) return `"${parts[index]}" is no ${name} from ${least} to ${most}, nor a list, range or step of them`;
    fields.push(field);
  }
  const [minutes, hours, days, months, weekdays] = fields as [number[], number[], number[], number[], number[]];
  const schedule: Schedule = {
    zone,
    minutes,
    hours,
    days: new Set(days),
    months: new Set(months),
    weekdays: new Set(weekdays.map((day) => day % 7)),
    either: parts[2] !== '*' && parts[4] !== '*',
  };
  return nextTime(schedule, 0 as EpochMs) === null ? `"${cron}" names a day that never comes` : schedule;
}

/** `*`, `5`, `1-5`, each with a step such as `/15`, and lists of them; ascending. */
function readField(text: string, least: number, most: number): number[] | null {
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part);
    if (match === null) return null;
    const [, first, last, step] = match;
    const from = first === undefined ? least : Number(first);
    const to = last !== undefined ? Number(last) : first === undefined || step !== undefined ? most : from;
    const by = step === undefined ? 1 : Number(step);
    if (from < least || to > most || from > to || by === 0) return null;
    for (let value = from; value <= to; value += by) found.add(value);
  }
  return [...found].sort((a, b) => a - b);
}

export function isTimeZone(zone: string): boolean {
  try {
    return clockOf(zone) !== undefined;
  } catch {
    return false;
  }
}

const clocks = new Map<string, Intl.DateTimeFormat>();
/** What was asked last of each zone: a schedule asks for the same few days again and again, and asking costs much. */
const asked = new Map<string, Map<number, number>>();
const askedMost = 64;

function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  const numeric = 'numeric';
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: numeric,
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  });
  clocks.set(zone, clock);
  return clock;
}

/** How far the clocks of the zone are ahead of UTC then, ms. */
function ahead(zone: string, at: number): number {
  if (zone === 'UTC') return 0;
  const known = asked.get(zone) ?? new Map<number, number>();
  // No zone changes its clocks but at a whole quarter of an hour.
  const quarter = Math.floor(at / 900_000);
  const before = known.get(quarter);
  if (before !== undefined) return before;
  const found = aheadAt(zone, quarter * 900_000);
  if (known.size >= askedMost) known.clear();
  asked.set(zone, known.set(quarter, found));
  return found;
}

function aheadAt(zone: string, at: number): number {
  const part: Record<string, number> = {};
  for (const { type, value } of clockOf(zone).formatToParts(new Date(at))) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
}

/** The first time of the schedule after `after`; null when there is none within five years. */
export function nextTime(schedule: Schedule, after: EpochMs): EpochMs | null {
  const local = after + ahead(schedule.zone, after);
  // A day earlier: what the clocks skipped in its last hours may come only today.
  let day = Math.floor(local / dayMs) * dayMs - dayMs;
  for (let days = 0; days < daysMost; days++, day += dayMs) {
    if (!matches(schedule, new Date(day))) continue;
    const found = firstOfDay(schedule, day, after);
    if (found !== null) return found;
  }
  return null;
}

function matches({ days, months, weekdays, either }: Schedule, date: Date): boolean {
  if (!months.has(date.getUTCMonth() + 1)) return false;
  const [isDay, isWeekday] = [days.has(date.getUTCDate()), weekdays.has(date.getUTCDay())];
  return either ? isDay || isWeekday : isDay && isWeekday;
}

function firstOfDay({ zone, hours, minutes }: Schedule, day: number, after: number): EpochMs | null {
  const [before, then] = [ahead(zone, day - dayMs), ahead(zone, day + 2 * dayMs)];
  let best: number | null = null;
  for (const hour of hours)
    for (const minute of minutes) {
      const local = day + (hour * 60 + minute) * 60_000;
      const at = before === then ? local - before : toUtc(zone, local, before, then);
      if (at > after && (best === null || at < best)) best = at;
      if (best !== null && before === then) return best as EpochMs;
    }
  return best as EpochMs | null;
}

/** C1, on a day near which the clocks change. */
function toUtc(zone: string, local: number, before: number, then: number): number {
  const earlier = local - Math.max(before, then);
  const later = local - Math.min(before, then);
  if (ahead(zone, earlier) === Math.max(before, then)) return earlier;
  if (ahead(zone, later) === Math.min(before, then)) return later;
  return local - before;
}

/** Most runs in any 24 hours. */
export const runsPerDay = ({ hours, minutes }: Schedule): number => hours.length * minutes.length;
