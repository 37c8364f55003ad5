/** Routes of strategies of one's own. */
import { addStrategy, type StrategyAdded, strategiesAnswer, strategyAdded } from '@holdfast/contracts';
import type { Context } from '../context.ts';
import { command } from '../engine/command.ts';
import { listStrategies } from '../engine/strategies.ts';
import { answers, changing } from './answers.ts';
import type { App } from './app.ts';

export function addStrategyRoutes(app: App, context: Context): void {
  app.get(
    '/api/strategies',
    {
      schema: {
        operationId: 'listStrategies',
        tags: ['strategies'],
        summary: "Strategies of one's own, oldest first",
        response: answers(strategiesAnswer, 'All of them'),
      },
    },
    async () => ({ strategies: [...(await listStrategies(context.database()))] }),
  );
  app.post(
    '/api/strategies',
    {
      schema: {
        operationId: 'addStrategy',
        tags: ['strategies'],
        summary:
          'Load the text of a strategy; the answer names the kind of bot that it makes. The same text again is the same kind',
        ...changing,
        body: addStrategy,
        response: answers(strategyAdded, 'Loaded and kept'),
      },
    },
    ({ body }) => command<StrategyAdded>(context, undefined, { command: 'strategy-add', source: body.source }),
  );
}
