/** Strategies of one's own over the API: docs/strategies.md. */
import { z } from 'zod';

export const addStrategy = z.strictObject({
  source: z.string().min(1).max(40_000).describe('Text of the TypeScript file'),
});

export const strategyView = z.strictObject({
  kind: z.string().describe('The kind of bot that it makes: own-NAME-HASH'),
  title: z.string(),
  about: z.string(),
  addedAt: z.number().describe("Unix ms on the exchange's clock"),
});
export type StrategyView = z.infer<typeof strategyView>;

export const strategiesAnswer = z.strictObject({ strategies: z.array(strategyView) });
export type StrategiesAnswer = z.infer<typeof strategiesAnswer>;

export const strategyAdded = z.strictObject({ kind: z.string(), title: z.string() });
export type StrategyAdded = z.infer<typeof strategyAdded>;
