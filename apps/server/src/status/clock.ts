/** The exchange's clock, read over its control address. */
import type { Clock } from '@holdfast/contracts';
import { z } from 'zod';
import type { ReadClock } from '../ports.ts';

const timeoutMs = 1_500;

const answer = z.object({
  now: z.int(),
  speed: z
    .union([z.number(), z.literal('max')])
    .nullable()
    .default(null),
  tape: z.string().nullable().default(null),
  ended: z.boolean().default(false),
});

export const unknownClock: Clock = { now: null, speed: null, tape: null, ended: false };

/** Reads `GET EXCHANGE/sim/clock`; of a real exchange, named and not addressed, the machine's clock. */
export const exchangeClock =
  (exchange: string): ReadClock =>
  async () => {
    if (!exchange.startsWith('http:')) return { now: Date.now(), speed: null, tape: null, ended: false, real: exchange };
    try {
      const response = await fetch(new URL('/sim/clock', exchange), { signal: AbortSignal.timeout(timeoutMs) });
      if (!response.ok) return null;
      return answer.parse(await response.json());
    } catch {
      return null;
    }
  };
