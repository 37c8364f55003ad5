/** Dates as people and files write them. */

/** Year first: any other order could be another day. */
const form = /^(\d{4})[-./](\d{2})[-./](\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/;

/** Unix ms of a date such as "2025-01-31" or "2025-01-31 08:00", of UTC where it names no zone; NaN when it is none. */
export function dateMs(text: string): number {
  const [, year, month, day, clock = '00:00', zone = 'Z'] = form.exec(text) ?? [];
  const ms = Date.parse(`${year}-${month}-${day}T${clock}${zone === 'UTC' ? 'Z' : zone}`);
  // There is no 31st of February.
  return new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day) ? ms : Number.NaN;
}

/** Unix ms as `2026-11-21 06:30:00 UTC`. */
export const utcText = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
