import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EpochMs } from './order.ts';
import { nextTime, readSchedule, type Schedule } from './schedule.ts';

const read = (cron: string, zone: string): Schedule => {
  const schedule = readSchedule(cron, zone);
  assert.ok(typeof schedule !== 'string', String(schedule));
  return schedule;
};
const times = (cron: string, zone: string, from: string, count: number): readonly string[] => {
  const schedule = read(cron, zone);
  const found: string[] = [];
  for (let at = Date.parse(from) as EpochMs; found.length < count; ) {
    at = nextTime(schedule, at)!;
    found.push(new Date(at).toISOString().slice(0, 16));
  }
  return found;
};

const cases = [
  ['every Monday at nine', '0 9 * * 1', 'UTC', '2026-11-21T00:00Z', ['2026-11-23T09:00', '2026-11-30T09:00']],
  ['strictly after', '0 9 * * *', 'UTC', '2026-11-21T09:00Z', ['2026-11-22T09:00']],
  ['the first of the month or a Friday', '0 0 1 * 5', 'UTC', '2026-11-21T00:00Z', ['2026-11-27T00:00', '2026-12-01T00:00']],
  [
    'steps and lists',
    '5,*/20 8-9 * * *',
    'UTC',
    '2026-11-21T08:21Z',
    ['2026-11-21T08:40', '2026-11-21T09:00', '2026-11-21T09:05'],
  ],
  ['a leap day', '0 12 29 2 *', 'UTC', '2026-11-21T00:00Z', ['2028-02-29T12:00']],
  [
    'nine o’clock stays nine o’clock in summer time',
    '0 9 * * *',
    'Europe/Berlin',
    '2026-03-27T12:00Z',
    ['2026-03-28T08:00', '2026-03-29T07:00'],
  ],
  ['and in winter time', '0 9 * * *', 'Europe/Berlin', '2026-10-23T12:00Z', ['2026-10-24T07:00', '2026-10-25T08:00']],
  [
    'a skipped time comes an hour later by the clock',
    '30 2 * * *',
    'Europe/Berlin',
    '2026-03-28T12:00Z',
    ['2026-03-29T01:30', '2026-03-30T00:30'],
  ],
  ['a repeated time comes once', '30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', ['2026-10-25T00:30', '2026-10-26T01:30']],
  [
    'half hours of Lord Howe',
    '15 2 * * *',
    'Australia/Lord_Howe',
    '2026-10-02T12:00Z',
    ['2026-10-02T15:45', '2026-10-03T15:45', '2026-10-04T15:15'],
  ],
  ['New York', '0 9 * * 1-5', 'America/New_York', '2026-10-30T14:00Z', ['2026-11-02T14:00', '2026-11-03T14:00']],
] as const;
for (const [name, cron, zone, from, expected] of cases)
  test(name, () => assert.deepEqual(times(cron, zone, from, expected.length), expected));

test('what is no schedule is refused with the field', () => {
  assert.match(String(readSchedule('0 9 * *', 'UTC')), /must have five fields/);
  assert.match(String(readSchedule('60 9 * * *', 'UTC')), /"60" is no minute from 0 to 59/);
  assert.match(String(readSchedule('0 9 * * mon', 'UTC')), /"mon" is no day of week/);
  assert.match(String(readSchedule('0 9 * * *', 'Mars/Olympus')), /is not a time zone/);
  assert.match(String(readSchedule('0 9 31 2 *', 'UTC')), /never comes/);
});

test('the next time is later, shows the hour and minute asked for, and nothing lies between', () => {
  const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland');
  fc.assert(
    fc.property(zone, fc.nat(23), fc.nat(59), fc.integer({ min: 0, max: 2_000_000_000 }), (where, hour, minute, seconds) => {
      const schedule = read(`${minute} ${hour} * * *`, where);
      const after = (seconds * 1000) as EpochMs;
      const at = nextTime(schedule, after)!;
      assert.ok(at > after && at - after <= 26 * 3_600_000);
      const shown = new Intl.DateTimeFormat('en-GB', { timeZone: where, hour: '2-digit', minute: '2-digit' }).format(at);
      const wanted = `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
      const isSkipped = shown !== wanted;
      if (isSkipped) assert.equal(nextTime(schedule, at)! - at < 24 * 3_600_000, true, 'only where the clocks jump');
    }),
    { numRuns: 1000 },
  );
});
