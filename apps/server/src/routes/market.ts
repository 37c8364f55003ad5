/** Routes of the market: pairs, candles, fills. A pair is `BASE/QUOTE`, so it takes two parts of the path. */
import { assetName, candlesAnswer, fillsAnswer, pairsAnswer } from '@holdfast/contracts';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { intervalNames, readCandles } from '../market/candles.ts';
import { readFills, readRestingOrders } from '../market/fills.ts';
import { readPairs } from '../market/pairs.ts';
import { answers, count, since } from './answers.ts';
import type { App } from './app.ts';

const byPair = z.object({ base: assetName, quote: assetName });

export function addMarketRoutes(app: App, context: Context): void {
  app.get(
    '/api/pairs',
    {
      schema: {
        operationId: 'listPairs',
        tags: ['market'],
        summary: 'Pairs that the engine follows, with their steps and newest prices',
        response: answers(pairsAnswer, 'Pairs by name'),
      },
    },
    async () => ({ pairs: await readPairs(context.database()) }),
  );
  app.get(
    '/api/pairs/:base/:quote/candles',
    {
      schema: {
        operationId: 'getCandles',
        tags: ['market'],
        summary: 'Newest candles of a pair, oldest first',
        params: byPair,
        querystring: z.strictObject({ interval: z.enum(intervalNames).default('1m'), limit: count(1500, 500) }),
        response: answers(candlesAnswer, 'Candles; the last may still be open'),
      },
    },
    async ({ params, query }) => {
      const pair = `${params.base}/${params.quote}`;
      return {
        pair,
        interval: query.interval,
        candles: await readCandles(context.database(), pair, query.interval, query.limit),
      };
    },
  );
  app.get(
    '/api/pairs/:base/:quote/fills',
    {
      schema: {
        operationId: 'getFills',
        tags: ['market'],
        summary: 'Fills of a pair as marks, and our resting orders as lines',
        params: byPair,
        querystring: z.strictObject({ limit: count(2000, 500), from: since }),
        response: answers(fillsAnswer, 'Fills oldest first, orders highest price first'),
      },
    },
    async ({ params, query }) => {
      const pair = `${params.base}/${params.quote}`;
      const db = context.database();
      return { pair, fills: await readFills(db, pair, query), orders: await readRestingOrders(db, pair) };
    },
  );
}
