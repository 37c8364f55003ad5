/** When a bot acts by the clock: a cron line and the zone whose clocks it follows. */
import { isTimeZone, readSchedule } from '@holdfast/domain';
import { z } from 'zod';

/** A cron line; '' for never, where that is allowed. What zone it goes by does not make it right or wrong. */
export const cronLine = (about: string, isOptional = false) =>
  z
    .string()
    .max(120, 'must be at most 120 characters')
    .superRefine((line, context) => {
      const read = isOptional && line === '' ? null : readSchedule(line, 'UTC');
      if (typeof read === 'string') context.addIssue({ code: 'custom', message: read });
    })
    .meta({ title: 'Schedule', description: about, unit: '' });

export const timeZone = z
  .string()
  .max(120, 'must be at most 120 characters')
  .refine(isTimeZone, 'must be a time zone such as "Europe/Berlin" or "UTC"')
  .meta({ title: 'Time zone', description: 'Whose clocks the schedule follows, summer time included.', unit: '' })
  .default('UTC');
